/* SPDX-License-Identifier: MIT */
/* A scan for people: see scan-text.h.  Offline. */
#include <string.h>

#include "inspect/judge.h"
#include "inspect/scan-text.h"
#include "report/utf8.h"

#define CELL_MAX 16 /* a few letters */

static void print(FILE *out, const char *text)
{
	alck_utf8_print(out, text);
}

static void pad(FILE *out, size_t used, size_t width)
{
	for (; used < width; used++)
		fputc(' ', out);
}

/* ------------------------------------------------------------ allocators */

static const char *origin_of(struct alck_scene *scene,
			     const struct alck_object *o)
{
	if (o->origin == ALCK_ORIGIN_LOADED)
		return alck_judge_is_deep(scene, o) ? "dlopen, deep" : "dlopen";
	if (o->origin == ALCK_ORIGIN_PRELOAD)
		return "preloaded";
	return o->how && strcmp(o->how, "ld.so.cache") ? o->how : "";
}

static void print_allocators(FILE *out, struct alck_scene *scene)
{
	const struct alck_object *force =
		scene->global ? scene->global[ALCK_COLUMN_MALLOC].owner : NULL;

	size_t n = 0;

	fputs("\nAllocators\n", out);
	for (size_t i = 0; i < scene->nobjects; i++) {
		const struct alck_object *o = scene->objects[i];
		const char *origin = origin_of(scene, o);

		if (!o->family)
			continue;
		fprintf(out, "  %c  %s, ", o->letter ? o->letter : '?',
			alck_object_allocator(scene, o));
		print(out, o->image.path);
		if (*origin)
			fprintf(out, " (%s)", origin);
		if (o->name_space)
			fprintf(out, ", link namespace %u", o->name_space);
		fputs(o == force ? ", in force\n" : "\n", out);
		n++;
	}
	if (!n)
		fputs("  none that is known here\n", out);
}

/* ---------------------------------------------------------------- matrix */

static char cell_letter(const struct alck_binding *b)
{
	if (b->how == ALCK_BOUND_NOWHERE)
		return '-';
	if (b->how == ALCK_BOUND_FOREIGN)
		return '!';
	return b->owner && b->owner->letter ? b->owner->letter : '?';
}

/* What a column's calls lead to.  An allocator calls itself: that says little,
 * and is left out unless INSIDE is wanted. */
static void cell(const struct alck_object *o, int inside,
		 enum alck_column column, char text[CELL_MAX])
{
	size_t n = 0;
	int lazy = 0;

	for (size_t i = 0; i < o->nbindings; i++) {
		const struct alck_binding *b = &o->bindings[i];
		char letter = cell_letter(b);

		const struct alck_name *name = alck_name((unsigned int)b->name);

		/* libc's strdup is nobody's own name, although some allocators
		 * have one. */
		if (name->column != column ||
		    (column == ALCK_COLUMN_NATIVE &&
		     name->kinds & ALCK_NAME_GIVES) ||
		    (b->how == ALCK_BOUND_INSIDE && !inside))
			continue;
		lazy |= b->how == ALCK_BOUND_LAZY;
		if (!memchr(text, letter, n) && n + 3 < CELL_MAX)
			text[n++] = letter;
	}
	if (lazy)
		text[n++] = '~';
	text[n] = 0;
}

static int shows_inside(const struct alck_scan_style *style,
			const struct alck_scene *scene,
			const struct alck_object *o)
{
	return style->verbose || alck_judge_mark(scene, o) != ALCK_NO_FINDING;
}

static int has_row(const struct alck_scan_style *style,
		   const struct alck_scene *scene, const struct alck_object *o)
{
	if (shows_inside(style, scene, o))
		return o->nbindings != 0;
	for (size_t i = 0; i < o->nbindings; i++)
		if (o->bindings[i].how != ALCK_BOUND_INSIDE)
			return 1;
	return 0;
}

static size_t label(struct alck_scene *scene, const struct alck_object *o,
		    char *text, size_t size)
{
	char ns[24] = "";

	if (o->name_space)
		snprintf(ns, sizeof(ns), " (namespace %u)", o->name_space);
	snprintf(text, size, "%.60s%s%s", alck_object_name(o),
		 alck_judge_is_deep(scene, o) ? " (deep)" : "", ns);
	return strlen(text);
}

struct columns {
	size_t width[ALCK_COLUMNS]; /* 0: nobody calls it */
	size_t label;
	int lazy, foreign, nowhere, unknown;
};

static void measure(const struct alck_scan_style *style,
		    struct alck_scene *scene, struct columns *c)
{
	char text[128];

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < scene->nobjects; i++) {
		const struct alck_object *o = scene->objects[i];
		size_t len;

		if (!has_row(style, scene, o))
			continue;
		len = label(scene, o, text, sizeof(text));
		if (len > c->label)
			c->label = len;
		for (int k = 0; k < ALCK_COLUMNS; k++) {
			cell(o, shows_inside(style, scene, o),
			     (enum alck_column)k, text);
			if (!*text)
				continue;
			len = strlen(alck_column_title((enum alck_column)k));
			if (strlen(text) > len)
				len = strlen(text);
			if (len > c->width[k])
				c->width[k] = len;
			c->lazy |= strchr(text, '~') != NULL;
			c->foreign |= strchr(text, '!') != NULL;
			c->nowhere |= strchr(text, '-') != NULL;
			c->unknown |= strchr(text, '?') != NULL;
		}
	}
}

/* Blanks are written only where something follows them. */
static void print_row(const struct alck_scan_style *style,
		      struct alck_scene *scene, const struct columns *c,
		      const struct alck_object *o)
{
	enum alck_code mark = alck_judge_mark(scene, o);
	size_t owed;
	char text[128];

	owed = c->label - label(scene, o, text, sizeof(text));
	fputs("  ", style->out);
	print(style->out, text);
	for (int k = 0; k < ALCK_COLUMNS; k++) {
		if (!c->width[k])
			continue;
		cell(o, shows_inside(style, scene, o), (enum alck_column)k,
		     text);
		owed += 2;
		if (*text) {
			pad(style->out, 0, owed);
			fputs(text, style->out);
			owed = c->width[k] - strlen(text);
		} else {
			owed += c->width[k];
		}
	}
	if (mark != ALCK_NO_FINDING) {
		pad(style->out, 0, owed + 2);
		fputs(alck_finding_rows[mark].code, style->out);
	}
	fputc('\n', style->out);
}

static void print_matrix(const struct alck_scan_style *style,
			 struct alck_scene *scene)
{
	struct columns c;

	measure(style, scene, &c);
	if (!c.label)
		return;
	fputs("\nBindings", style->out);
	pad(style->out, 8, c.label + 2);
	for (int k = 0; k < ALCK_COLUMNS; k++) {
		const char *title = alck_column_title((enum alck_column)k);

		if (!c.width[k])
			continue;
		fprintf(style->out, "  %s", title);
		pad(style->out, strlen(title), c.width[k]);
	}
	fputc('\n', style->out);
	for (size_t i = 0; i < scene->nobjects; i++)
		if (has_row(style, scene, scene->objects[i]))
			print_row(style, scene, &c, scene->objects[i]);
	if (c.lazy)
		fputs("  ~ not bound yet: where the first call will lead\n",
		      style->out);
	if (c.nowhere)
		fputs("  - nothing defines it\n", style->out);
	if (c.foreign)
		fputs("  ! leads to no object\n", style->out);
	if (c.unknown)
		fputs("  ? leads to an object that is no allocator\n",
		      style->out);
}

/* -------------------------------------------------------------- findings */

static const struct alck_scan_finding *
next_of(const struct alck_scene *scene, const struct alck_scan_finding *f)
{
	const struct alck_scan_finding *end =
		scene->findings + scene->nfindings;

	for (const struct alck_scan_finding *g = f + 1; g < end; g++)
		if (g->severity == f->severity)
			return g;
	return NULL;
}

static int same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void line(FILE *out, const char *label, const char *text)
{
	if (!text)
		return;
	fprintf(out, "  %-8s ", label);
	print(out, text);
	fputc('\n', out);
}

/* Returns whether the next one is of the same kind. */
static int print_finding(FILE *out, const struct alck_scene *scene,
			 const struct alck_scan_finding *f)
{
	const struct alck_scan_finding *next = next_of(scene, f);

	fputs(alck_severity_names[f->severity], out);
	if (f->code != ALCK_NO_FINDING)
		fprintf(out, " %s %s", alck_finding_rows[f->code].code,
			alck_finding_rows[f->code].slug);
	fputs(": ", out);
	print(out, f->text);
	fputc('\n', out);
	for (size_t i = 0; i < f->nframes; i++) {
		fprintf(out, "    #%-2zu ", i);
		print(out, f->frames[i] ? f->frames[i] : "?");
		fputc('\n', out);
	}
	/* Of many threads in one place it is said once. */
	if (next && same_text(f->why, next->why) &&
	    same_text(f->fix, next->fix) && f->code == next->code)
		return 1;
	line(out, "why", f->why);
	line(out, "fix", f->fix);
	return 0;
}

/* The worst first: it is what somebody looks for. */
static void print_findings(FILE *out, const struct alck_scene *scene)
{
	int goes_on = 0;

	if (!scene->nfindings)
		fputs("\nNo findings.\n", out);
	for (int severity = 0; severity <= ALCK_SEVERITY_INFO; severity++)
		for (size_t i = 0; i < scene->nfindings; i++) {
			const struct alck_scan_finding *f = &scene->findings[i];

			if ((int)f->severity != severity)
				continue;
			if (!goes_on)
				fputc('\n', out);
			goes_on = print_finding(out, scene, f);
		}
}

void alck_scan_text(const struct alck_scan_style *style,
		    struct alck_scene *scene, const char *title)
{
	fputs("alloccheck scan: ", style->out);
	print(style->out, title);
	fputc('\n', style->out);
	print_findings(style->out, scene);
	print_allocators(style->out, scene);
	print_matrix(style, scene);
}
