/* SPDX-License-Identifier: MIT */
/* Which allocators a module defines: see recognise.h. */
#include <stddef.h>

#include "preload/code-reach.h"
#include "preload/elf-lookup.h"
#include "preload/recognise.h"
#include "preload/symtab.h"
#include "preload/text.h"

#define NAME_SIZE 128

static void join(char *name, const char *prefix, const char *base)
{
	struct alck_text t;

	alck_text_begin(&t, name, NAME_SIZE);
	alck_text_add(&t, prefix);
	alck_text_add(&t, base);
}

/* ----------------------------------------------------------------- by marks */

/* Does M define NAME, for others or (where its file is open) for itself? */
static int defines(const struct alck_module *m, const char *name)
{
	return alck_elf_defines(m, name) || alck_symtab_find(name);
}

static int has_mark(const struct alck_module *m, const char *prefix,
		    const char *mark)
{
	char name[NAME_SIZE];

	join(name, prefix, mark);
	return defines(m, name);
}

/* Marks of F that M has under PREFIX or, where that is NULL, under any. */
static int marks_of(const struct alck_module *m, const struct alck_family *f,
		    const char *prefix)
{
	int n = 0;

	for (const char *const *mark = f->marks; *mark && n < 2; mark++)
		for (const char *const *p = f->prefixes; *p; p++)
			if ((!prefix || alck_text_equal(prefix, *p)) &&
			    has_mark(m, *p, *mark)) {
				n++;
				break;
			}
	for (const char *const *i = f->imports; n && n < 2 && i && *i; i++)
		n += alck_elf_imports(m, *i);
	return n;
}

/* What has been found so far. */
struct found {
	const struct alck_module *module;
	struct alck_instance *instance;
	unsigned int n;
};

static void add(struct found *found, const struct alck_family *f,
		const char *prefix)
{
	if (found->n < ALCK_INSTANCES_MAX)
		found->instance[found->n++] = (struct alck_instance){
			.family = f,
			.prefix = prefix,
		};
}

static void look_for(struct found *found, const struct alck_family *f)
{
	if (f->unless && defines(found->module, f->unless))
		return;
	if (!(f->flags & ALCK_ONE_PREFIX)) {
		if (marks_of(found->module, f, NULL) >= 2)
			add(found, f, NULL);
		return;
	}
	for (const char *const *p = f->prefixes; *p; p++)
		if (marks_of(found->module, f, *p) >= 2)
			add(found, f, *p);
}

/* ------------------------------------------------------------ whose names */

/* The names that C, C++ and libc have for it. */
static int is_standard(const struct alck_row *row, const char *prefix)
{
	return !*prefix && row->api != ALCK_API_NATIVE;
}

static int has_name(const struct alck_instance *instance,
		    const struct alck_row *row, const char *prefix)
{
	if (is_standard(row, prefix))
		return instance->is_standard;
	return !instance->prefix || alck_text_equal(instance->prefix, prefix);
}

void alck_instance_each(const struct alck_instance *instance,
			const struct alck_module *m,
			void (*visit)(const struct alck_row *, const char *,
				      int, const struct alck_definition *,
				      void *),
			void *data)
{
	const struct alck_row_set *set = instance->family->sets;
	struct alck_definition d;
	char name[NAME_SIZE];

	for (; set->rows; set++)
		for (const char *const *p = set->prefixes; *p; p++)
			for (const struct alck_row *row = set->rows; row->name;
			     row++) {
				if (!has_name(instance, row, *p))
					continue;
				join(name, *p, row->name);
				if (alck_definition_find(m, name, &d))
					visit(row, name, !**p, &d, data);
			}
}

/* The functions behind an allocator's names. */
struct names {
	struct alck_code code;
	int allocs, frees;
};

static void note_name(const struct alck_row *row, const char *name, int is_bare,
		      const struct alck_definition *d, void *data)
{
	struct names *names = data;

	(void)name;
	(void)is_bare;
	/* __libc_malloc may stand for any of several (jemalloc defines it
	 * whatever its prefix is). */
	if (row->shape == ALCK_SATELLITE || row->shape == ALCK_QUERY ||
	    row->api == ALCK_API_LIBC)
		return;
	names->allocs |= row->shape == ALCK_ALLOC;
	names->frees |= row->shape == ALCK_FREE;
	if (names->code.n < ALCK_CODE_MAX)
		names->code.at[names->code.n++] = d->address;
}

/* INSTANCE's own names and, if they are its, the standard ones. */
static void get_names(const struct alck_instance *instance,
		      const struct alck_module *m, struct names *names)
{
	names->code.n = 0;
	names->allocs = names->frees = 0;
	alck_instance_each(instance, m, note_name, names);
}

/* Do names of A and of B stand for one function? */
static int is_alias(const struct alck_code *a, const struct alck_code *b)
{
	for (unsigned int i = 0; i < a->n; i++)
		for (unsigned int k = 0; k < b->n; k++)
			if (a->at[i] == b->at[k])
				return 1;
	return 0;
}

/* Too large for the stack of whoever calls dlopen. */
static struct names own, standard;

static int has_own(const struct alck_instance *instance,
		   const struct alck_module *m)
{
	struct alck_instance i = *instance;

	i.is_standard = 0;
	get_names(&i, m, &own);
	return own.allocs && own.frees;
}

/* Are the standard names, in STANDARD, INSTANCE's?  Told without reading any
 * code. */
static int is_named_so(const struct alck_instance *instance,
		       const struct alck_module *m)
{
	if (instance->family->flags & ALCK_FORWARDER)
		return 0;
	if (instance->prefix)
		return !*instance->prefix;
	return !has_own(instance, m) || is_alias(&own.code, &standard.code);
}

static int calls_it(const struct alck_instance *instance,
		    const struct alck_module *m)
{
	return !(instance->family->flags & ALCK_FORWARDER) &&
	       has_own(instance, m) &&
	       alck_code_is_shared(m, &own.code, &standard.code);
}

static int has_usual_names(const struct alck_module *m)
{
	static const char *const usual[] = {"malloc", "calloc", "realloc",
					    "free", NULL};
	int n = 0;

	/* One is enough: a wrapper of malloc alone is in the chain, too. */
	for (int i = 0; usual[i]; i++) {
		if (alck_elf_defines(m, usual[i]))
			return 1;
		n += alck_symtab_find(usual[i]) != NULL;
	}
	/* More is asked where none but the object itself ever meant them. */
	return n == 4 ||
	       (alck_elf_defines(m, "_Znwm") && alck_elf_defines(m, "_ZdlPv"));
}

/* Gives the standard names to whom they belong: one of those found, or an
 * allocator that is known by them alone. */
static void give_standard(struct found *found)
{
	static const struct alck_instance all = {
		.family = &alck_family_other,
		.is_standard = 1,
	};
	struct alck_instance *instance = found->instance, first;
	unsigned int n = found->n, owner;

	if (!n && !has_usual_names(found->module))
		return;
	get_names(&all, found->module, &standard);
	for (owner = 0; owner < n; owner++)
		if (is_named_so(&instance[owner], found->module))
			break;
	for (unsigned int i = 0; owner == n && standard.code.n && i < n; i++)
		if (calls_it(&instance[i], found->module))
			owner = i;
	if (owner == n) {
		if (!has_usual_names(found->module))
			return;
		/* A C++ runtime that exports its own, and nothing else. */
		if (n && (instance[0].family->flags & ALCK_FORWARDER) &&
		    !defines(found->module, "malloc"))
			return;
		add(found, &alck_family_other, NULL);
		if (found->n == n)
			return;
	}
	first = instance[owner];
	first.is_standard = 1;
	instance[owner] = instance[0];
	instance[0] = first;
}

/* Is ONE's code that of KEPT, too? */
static int is_same(const struct alck_module *m,
		   const struct alck_instance *kept,
		   const struct alck_instance *one)
{
	static struct names before;

	/* These forward, or are what was left over. */
	if ((one->family->flags & ALCK_FORWARDER) ||
	    kept->family == &alck_family_other)
		return 0;
	get_names(kept, m, &before);
	get_names(one, m, &own);
	return alck_code_is_shared(m, &before.code, &own.code);
}

/* Leaves out what cannot be told apart from those before it. */
static void set_apart(struct found *found)
{
	unsigned int n = 0, k;

	for (unsigned int i = 0; i < found->n; i++) {
		struct alck_instance one = found->instance[i];

		if (one.family->flags & ALCK_FORWARDER)
			one.is_standard = 1;
		else if (!one.is_standard && !has_own(&one, found->module))
			continue;
		for (k = 0; k < n; k++)
			if (is_same(found->module, &found->instance[k], &one))
				break;
		if (k == n)
			found->instance[n++] = one;
		else if (found->instance[k].family == one.family)
			found->instance[k].prefix = NULL; /* both */
	}
	found->n = n;
}

/* ------------------------------------------------------------------- modules
 */

static void look_through(struct found *found, int forwarders)
{
	for (unsigned int i = 0; i < alck_nfamilies; i++)
		if (forwarders == !!(alck_families[i].flags & ALCK_FORWARDER))
			look_for(found, &alck_families[i]);
}

unsigned int
alck_recognise(const struct alck_module *m,
	       struct alck_instance instance[static ALCK_INSTANCES_MAX])
{
	struct found found = {.module = m, .instance = instance};

	/* A C++ runtime owns nothing, and is passed over where it is linked
	 * in. */
	look_through(&found, 1);
	/* An object that exports one allocator may have another one beside it
	 * that it does not show. */
	if (!m->is_libc)
		alck_symtab_open(m);
	look_through(&found, 0);
	give_standard(&found);
	set_apart(&found);
	return found.n;
}

int alck_instance_equal(const struct alck_instance *a,
			const struct alck_instance *b)
{
	return a->family == b->family &&
	       (a->prefix == b->prefix ||
		(a->prefix && b->prefix &&
		 alck_text_equal(a->prefix, b->prefix)));
}
