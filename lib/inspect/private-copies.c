/* SPDX-License-Identifier: MIT */
/* Allocators that are linked in and not exported: see private-copies.h.
 * Offline. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/allocator.h"
#include "inspect/file-symbols.h"
#include "inspect/private-copies.h"

/* What the symbol table tells. */
struct seen {
	char *met;    /* which names of names.h its functions have */
	int is_of_go; /* Go's runtime: it has no malloc */
};

static void note_name(const char *text, const GElf_Sym *symbol, void *data)
{
	struct seen *seen = data;
	int name;

	if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC ||
	    symbol->st_shndx == SHN_UNDEF)
		return;
	seen->is_of_go |= !strcmp(text, "runtime.mallocgc");
	name = alck_name_find(text);
	if (name >= 0)
		seen->met[name] = 1;
}

/* Has the table the marks of F under PREFIX? */
static int is_there(const char *met, const struct alck_family *f,
		    const char *prefix)
{
	char text[128];
	int n = 0;

	for (const char *const *mark = f->marks; *mark; mark++) {
		int name;

		snprintf(text, sizeof(text), "%s%s", prefix, *mark);
		name = alck_name_find(text);
		n += name >= 0 && met[name];
	}
	return n >= 2;
}

/* Is it F whose malloc O exports?  By the names that are exported nobody could
 * tell. */
static int is_exported(const struct alck_object *o, const char *prefix)
{
	return !*prefix && o->family && (o->family->flags & ALCK_UNPROVEN) &&
	       alck_image_defines(&o->image, ALCK_COLUMN_MALLOC);
}

static void found(struct alck_scene *scene, struct alck_object *o,
		  const struct alck_family *f, const char *prefix)
{
	struct alck_scan_finding finding = {
		.object = o,
		.code = ALCK_T3,
		.severity = scene->is_static ? ALCK_SEVERITY_INFO
					     : ALCK_SEVERITY_LATENT,
		.fix = "let no block of it pass to another object's free"};

	o->inside = f;
	if (is_exported(o, prefix)) {
		o->family = f;
		o->version = alck_allocator_version(&o->image, f);
		return;
	}
	finding.text = alck_arena_printf(
		&scene->arena, "%s has %s linked into it%s%s%s",
		alck_object_name(o), f->title,
		*prefix ? ", under the prefix " : "", prefix,
		scene->is_static ? "" : ", and does not export it");
	if (scene->is_static)
		finding.fix = NULL;
	if (finding.text)
		alck_scene_find(scene, &finding);
}

static void note(struct alck_scene *scene, const struct alck_object *o,
		 const char *text, const char *why)
{
	alck_scene_found(scene, ALCK_NO_FINDING, ALCK_SEVERITY_INFO, o, text,
			 why, NULL);
}

/* O has no names to be known by. */
static void look_for_texts(struct alck_scene *scene,
			   const struct alck_object *o)
{
	const struct alck_family *f = alck_file_says(scene, o);

	if (!f)
		return;
	note(scene, o,
	     alck_arena_printf(&scene->arena,
			       "%s is stripped, and by its strings it has %s "
			       "linked into it",
			       alck_object_name(o), f->title),
	     "of blocks of it that reach another free, alloccheck tells whose "
	     "memory they lie in; what it is given itself is not seen");
}

static void look_at(struct alck_scene *scene, struct alck_object *o)
{
	char *met = calloc(alck_names_count() + 1, 1);
	struct seen seen = {met, 0};
	int tables =
		met ? alck_file_symbols(scene, o, SHT_SYMTAB, note_name, &seen)
		    : 0;

	seen.is_of_go |= o->image.is_go;
	if (!tables && scene->is_static && !seen.is_of_go)
		note(scene, o,
		     "it is statically linked and has no symbol table: which "
		     "allocators are in it cannot be told",
		     NULL);
	if (seen.is_of_go)
		note(scene, o,
		     alck_arena_printf(&scene->arena, "%s is written in Go",
				       alck_object_name(o)),
		     "its own memory is its runtime's, which no malloc or free "
		     "is given; only what it calls in C has that");
	if (!tables && !scene->is_static && !o->is_observer && !o->family)
		look_for_texts(scene, o);
	for (unsigned int i = 0; tables && i < alck_nfamilies; i++) {
		const struct alck_family *f = &alck_families[i];

		if (f == o->family ||
		    (f->flags & (ALCK_FORWARDER | ALCK_LOADER)))
			continue;
		for (const char *const *prefix = f->prefixes; *prefix; prefix++)
			if (is_there(met, f, *prefix)) {
				found(scene, o, f, *prefix);
				break;
			}
	}
	free(met);
}

void alck_private_copies(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++)
		look_at(scene, scene->objects[i]);
}
