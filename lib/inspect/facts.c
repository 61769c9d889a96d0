/* SPDX-License-Identifier: MIT */
/* A scan as lines: see facts.h.  Offline. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/facts.h"
#include "report/utf8.h"

struct collector {
	struct alck_facts_list *facts;
	size_t room;
	int failed;
};

static void add(struct collector *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct collector *c, const char *format, ...)
{
	struct alck_facts_list *f = c->facts;
	char **more, *line;
	va_list args;
	int n;

	if (f->n == c->room) {
		c->room = 2 * c->room + 64;
		more = realloc(f->lines, c->room * sizeof(*more));
		if (!more) {
			c->failed = 1;
			c->room = f->n;
			return;
		}
		f->lines = more;
	}
	va_start(args, format);
	n = vasprintf(&line, format, args);
	va_end(args);
	if (n < 0)
		c->failed = 1;
	else
		f->lines[f->n++] = line;
}

static const char *owner_name(const struct alck_binding *b)
{
	if (b->how == ALCK_BOUND_NOWHERE)
		return "nobody";
	if (b->how == ALCK_BOUND_FOREIGN)
		return "no object";
	return b->owner ? alck_object_name(b->owner)
			: "an object that is no allocator";
}

static void add_object(struct collector *c, const struct alck_object *o)
{
	add(c, "object %s", o->image.path);
	for (size_t i = 0; i < o->nbindings; i++) {
		const struct alck_binding *b = &o->bindings[i];

		if (b->how != ALCK_BOUND_INSIDE)
			add(c, "%s's %s leads to %s%s", alck_object_name(o),
			    alck_name((unsigned int)b->name)->text,
			    owner_name(b),
			    b->how == ALCK_BOUND_LAZY ? " (not bound yet)"
						      : "");
	}
}

static void add_hook(struct collector *c, const struct alck_live_hook *h)
{
	const char *name = alck_name((unsigned int)h->name)->text;

	if (!h->value)
		add(c, "%s of %s is not set", name,
		    alck_object_name(h->reader));
	else if (!h->target)
		add(c, "%s of %s leads to 0x%llx", name,
		    alck_object_name(h->reader), (unsigned long long)h->value);
	else
		add(c, "%s of %s leads to %s+0x%llx", name,
		    alck_object_name(h->reader), alck_object_name(h->target),
		    (unsigned long long)(h->value - h->target->image.bias));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct alck_facts_list *f)
{
	size_t kept = 0;

	if (f->n)
		qsort(f->lines, f->n, sizeof(*f->lines), by_text);
	for (size_t i = 0; i < f->n; i++) {
		if (kept && !strcmp(f->lines[kept - 1], f->lines[i]))
			free(f->lines[i]);
		else
			f->lines[kept++] = f->lines[i];
	}
	f->n = kept;
}

int alck_facts_of(const struct alck_scan *scan, struct alck_facts_list *facts)
{
	static const char *const arenas[] = {"not known", "asleep", "awake"};
	const struct alck_scene *scene = &scan->scene;
	struct collector c = {.facts = facts};

	*facts = (struct alck_facts_list){0};
	for (size_t i = 0; i < scene->nobjects; i++)
		add_object(&c, scene->objects[i]);
	for (size_t i = 0; i < scan->live.nhooks; i++)
		add_hook(&c, &scan->live.hooks[i]);
	add(&c, "ptmalloc is %s", arenas[scan->live.arena]);
	for (size_t i = 0; i < scene->nfindings; i++)
		add(&c, "%s %s: %s",
		    alck_severity_names[scene->findings[i].severity],
		    scene->findings[i].code == ALCK_NO_FINDING
			    ? "note"
			    : alck_finding_rows[scene->findings[i].code].code,
		    scene->findings[i].text);
	sort(facts);
	return c.failed ? -1 : 0;
}

void alck_facts_free(struct alck_facts_list *facts)
{
	for (size_t i = 0; i < facts->n; i++)
		free(facts->lines[i]);
	free(facts->lines);
	*facts = (struct alck_facts_list){0};
}

size_t alck_facts_print_changes(FILE *out, const struct alck_facts_list *before,
				const struct alck_facts_list *after)
{
	size_t a = 0, b = 0, changes = 0;

	while (a < before->n || b < after->n) {
		int order = a == before->n ? 1
			    : b == after->n
				    ? -1
				    : strcmp(before->lines[a], after->lines[b]);

		if (order) {
			fputs(order < 0 ? "- " : "+ ", out);
			alck_utf8_print(out, order < 0 ? before->lines[a]
						       : after->lines[b]);
			fputc('\n', out);
			changes++;
		}
		a += order <= 0;
		b += order >= 0;
	}
	return changes;
}
