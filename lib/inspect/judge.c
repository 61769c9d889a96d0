/* SPDX-License-Identifier: MIT */
/* What is wrong with an object's bindings: see judge.h.  Offline. */
#include <stdio.h>
#include <string.h>

#include "inspect/judge.h"

/* A list in a sentence: "malloc, free and realloc". */
struct words {
	char text[512];
	size_t len;
	const char *last;
	int n;
};

static void words_put(struct words *w, const char *text, const char *before)
{
	int n = snprintf(w->text + w->len, sizeof(w->text) - w->len, "%s%s",
			 before, text);

	if (n > 0 && w->len + (size_t)n < sizeof(w->text))
		w->len += (size_t)n;
}

static void words_add(struct words *w, const char *text)
{
	if (w->last)
		words_put(w, w->last, w->n > 1 ? ", " : "");
	w->last = text;
	w->n++;
}

static const char *words_end(struct words *w)
{
	if (w->last)
		words_put(w, w->last, w->n > 1 ? " and " : "");
	w->last = NULL;
	return w->text;
}

static const struct alck_name *name_of(const struct alck_binding *b)
{
	return alck_name((unsigned int)b->name);
}

static int is_standard(const struct alck_binding *b)
{
	return alck_entry_is_standard(name_of(b)->api);
}

static const struct alck_object *in_force(const struct alck_scene *scene)
{
	return scene->global[ALCK_COLUMN_MALLOC].owner;
}

static int is_of_libc(const struct alck_object *o)
{
	return o->family && (!strncmp(o->family->name, "glibc", 5) ||
			     (o->family->flags & ALCK_LOADER));
}

static int unproven(const struct alck_object *o)
{
	return o && o->family && (o->family->flags & ALCK_UNPROVEN);
}

static const char *title(struct alck_scene *scene, const struct alck_object *o)
{
	return o && o->family ? alck_object_title(scene, o) : "no allocator";
}

/* ----------------------------------------------------------- deep binding */

/* Bound to another than the global scope's, and not by its own linking. */
static int strays(const struct alck_scene *scene, const struct alck_binding *b)
{
	const struct alck_binding *global = &scene->global[b->name];

	return is_standard(b) && b->owner && global->owner &&
	       b->owner != global->owner && b->how != ALCK_BOUND_INSIDE &&
	       b->how != ALCK_BOUND_NOWHERE;
}

int alck_judge_is_deep(const struct alck_scene *scene,
		       const struct alck_object *o)
{
	if (o->deep)
		return 1;
	if (!scene->is_live || o->origin != ALCK_ORIGIN_LOADED ||
	    o->name_space || o->family)
		return 0;
	for (size_t i = 0; i < o->nbindings; i++)
		if (strays(scene, &o->bindings[i]) &&
		    o->bindings[i].how == ALCK_BOUND_SLOT)
			return 1;
	return 0;
}

/* Functions of libc whose blocks O gets from the program's malloc, and frees
 * with its own free. */
static void libc_memory(const struct alck_object *o, struct words *w)
{
	for (size_t i = 0; i < o->image.nsymbols && w->n < 6; i++) {
		const struct alck_image_symbol *s = &o->image.symbols[i];
		const struct alck_name *name = alck_name((unsigned int)s->name);

		if (!s->defined && (name->kinds & ALCK_NAME_GIVES))
			words_add(w, name->text);
	}
}

static void judge_deep(struct alck_scene *scene, struct alck_object *o)
{
	struct alck_scan_finding f = {.object = o, .code = ALCK_T1};
	const struct alck_object *to = NULL, *global = NULL;
	struct words names = {.n = 0}, given = {.n = 0};
	const struct alck_binding *free_binding =
		alck_object_binding(o, ALCK_COLUMN_FREE);
	const char *given_text;

	for (size_t i = 0; i < o->nbindings; i++) {
		const struct alck_binding *b = &o->bindings[i];

		if (!strays(scene, b))
			continue;
		words_add(&names, name_of(b)->text);
		to = b->owner;
		global = scene->global[b->name].owner;
	}
	if (!to)
		return;
	if (free_binding && strays(scene, free_binding))
		libc_memory(o, &given);
	given_text = given.n ? words_end(&given) : NULL;
	f.severity = given_text ? ALCK_SEVERITY_ERROR : ALCK_SEVERITY_LATENT;
	if (given_text)
		f.code = ALCK_T1b;
	if (global->family->flags & ALCK_TOLERANT)
		f.severity = ALCK_SEVERITY_LATENT;
	f.text = alck_arena_printf(&scene->arena,
				   "%s's %s %s to %s, the program's to %s",
				   alck_object_name(o), words_end(&names),
				   names.n > 1 ? "lead" : "leads",
				   title(scene, to), title(scene, global));
	f.why = alck_arena_printf(
		&scene->arena,
		given_text
			? "%s loaded with RTLD_DEEPBIND, and frees by it what "
			  "libc's %s took from the program's malloc"
			: "%s loaded with RTLD_DEEPBIND%s",
		o->deep ? "it is" : "it was", given_text ? given_text : "");
	f.fix = alck_arena_printf(
		&scene->arena,
		"load %s without RTLD_DEEPBIND, or link it to %s",
		alck_object_name(o), alck_object_name(global));
	if (scene->rescuer && to == scene->libc) {
		f.code = ALCK_T12;
		f.severity = ALCK_SEVERITY_LATENT;
		f.why = alck_arena_printf(
			&scene->arena,
			"%s loaded with RTLD_DEEPBIND; this libc reads "
			"__free_hook, which leads to %s: blocks go to their "
			"owner as long as nobody changes the hook",
			o->deep ? "it is" : "it was",
			alck_object_name(scene->rescuer));
	}
	alck_scene_find(scene, &f);
}

/* ------------------------------------------------------------ one object */

/* Who frees what O allocates: its own free, or what would be its free. */
static const struct alck_object *freer_of(const struct alck_scene *scene,
					  const struct alck_object *o)
{
	const struct alck_binding *b = alck_object_binding(o, ALCK_COLUMN_FREE);

	if (b && b->owner)
		return b->owner;
	return scene->global[ALCK_COLUMN_FREE].owner;
}

/* A wrapper may hand on to the very allocator that the others lead to. */
static enum alck_severity severity_of(const struct alck_object *a,
				      const struct alck_object *b)
{
	return unproven(a) || unproven(b) ? ALCK_SEVERITY_INFO
					  : ALCK_SEVERITY_ERROR;
}

/* Entries that the allocator in force lacks: T5 and T6. */
static void judge_missing(struct alck_scene *scene, struct alck_object *o)
{
	const struct alck_object *freer = freer_of(scene, o);
	const struct alck_object *force = in_force(scene);

	for (size_t i = 0; freer && force && i < o->nbindings; i++) {
		const struct alck_binding *b = &o->bindings[i];
		const struct alck_name *name = name_of(b);
		struct alck_scan_finding f = {.object = o};
		int query = name->row->shape == ALCK_QUERY;

		if (!is_standard(b) || !b->owner ||
		    b->how == ALCK_BOUND_INSIDE || strays(scene, b))
			continue;
		if (b->owner == (query ? force : freer) || b->owner == force)
			continue;
		f.code = alck_name_allocates(name) || query ? ALCK_T5 : ALCK_T6;
		f.severity = severity_of(b->owner, freer);
		if ((freer->family->flags & ALCK_TOLERANT) &&
		    f.code == ALCK_T5) {
			f.code = ALCK_T19;
			f.severity = ALCK_SEVERITY_INFO;
		}
		f.text = alck_arena_printf(
			&scene->arena, "%s's %s leads to %s, its %s to %s",
			alck_object_name(o), name->text, title(scene, b->owner),
			f.code == ALCK_T6 || query ? "malloc" : "free",
			title(scene,
			      f.code == ALCK_T6 || query ? force : freer));
		f.why = alck_arena_printf(&scene->arena, "%s has no %s",
					  title(scene, force), name->text);
		f.fix = alck_arena_printf(
			&scene->arena,
			"do not call %s in a program on %s, or use a build of "
			"it that has %s",
			name->text, alck_object_name(force), name->text);
		alck_scene_find(scene, &f);
	}
}

/* Calls by names that go past the allocator in force: T4, T14, T15. */
static void judge_other_names(struct alck_scene *scene, struct alck_object *o)
{
	static const struct {
		enum alck_column column;
		enum alck_code code;
		const char *why, *fix;
	} kinds[] = {
		{ALCK_COLUMN_NATIVE, ALCK_T4,
		 "these names are one allocator's own, whatever malloc is",
		 "give back what they return by the same allocator's names"},
		{ALCK_COLUMN_SATELLITE, ALCK_T14,
		 "it is not the allocator in force, which has no function of "
		 "that name; the call initialises one that else would sleep",
		 "do not call it, or call the allocator's own function"},
		{ALCK_COLUMN_LIBC, ALCK_T15,
		 "the name is libc's own, past the allocator in force",
		 "call the standard function instead"},
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct alck_scan_finding f = {.object = o,
					      .code = kinds[k].code,
					      .severity = ALCK_SEVERITY_LATENT,
					      .why = kinds[k].why,
					      .fix = kinds[k].fix};
		const struct alck_object *to = NULL;
		struct words names = {.n = 0};

		for (size_t i = 0; i < o->nbindings; i++) {
			const struct alck_binding *b = &o->bindings[i];

			if (name_of(b)->column != kinds[k].column ||
			    !b->owner || b->owner == o ||
			    b->how == ALCK_BOUND_INSIDE ||
			    b->owner == in_force(scene) ||
			    name_of(b)->row->shape == ALCK_QUERY)
				continue;
			words_add(&names, name_of(b)->text);
			to = b->owner;
		}
		if (!to)
			continue;
		f.text = alck_arena_printf(
			&scene->arena, "%s's %s %s to %s, its malloc to %s",
			alck_object_name(o), words_end(&names),
			names.n > 1 ? "lead" : "leads", title(scene, to),
			title(scene, in_force(scene)));
		alck_scene_find(scene, &f);
	}
}

/* Calls bound at link time to a copy of its own: T2. */
static void judge_inside(struct alck_scene *scene, struct alck_object *o)
{
	const struct alck_binding *b =
		alck_object_binding(o, ALCK_COLUMN_MALLOC);
	const struct alck_object *global = in_force(scene);
	struct alck_scan_finding f = {
		.object = o, .code = ALCK_T2, .severity = ALCK_SEVERITY_LATENT};

	if (!o->family || (o->family->flags & ALCK_FORWARDER) || !b ||
	    b->target != o || global == o || !global || is_of_libc(o) ||
	    o->name_space)
		return;
	/* One that is there to be found by others is T7's matter. */
	if (!o->image.symbolic && o->origin != ALCK_ORIGIN_LOADED)
		return;
	/* The allocator's own library, which is T9's matter. */
	if (strstr(alck_object_name(o), o->family->name))
		return;
	f.text = alck_arena_printf(
		&scene->arena,
		"%s's malloc and free are its own %s, the program's %s",
		alck_object_name(o), title(scene, o), title(scene, global));
	f.why = o->image.symbolic ? "it is linked with -Bsymbolic: its own "
				    "definitions come first"
				  : "its calls were bound when it was linked";
	f.fix = "let no block pass between the two, or link it without an "
		"allocator";
	alck_scene_find(scene, &f);
}

/* A slot that leads out of all objects: T18. */
static void judge_foreign(struct alck_scene *scene, struct alck_object *o)
{
	struct alck_scan_finding f = {
		.object = o,
		.code = ALCK_NO_FINDING,
		.severity = ALCK_SEVERITY_INFO,
		.why = "another tool has changed the slot, or code was made "
		       "at run time"};
	struct words names = {.n = 0};

	for (size_t i = 0; i < o->nbindings; i++)
		if (o->bindings[i].how == ALCK_BOUND_FOREIGN)
			words_add(&names, name_of(&o->bindings[i])->text);
	if (!names.n)
		return;
	f.text = alck_arena_printf(&scene->arena,
				   "%s's %s: the slot leads to no object",
				   alck_object_name(o), words_end(&names));
	alck_scene_find(scene, &f);
}

void alck_judge_row(struct alck_scene *scene, struct alck_object *o)
{
	judge_foreign(scene, o);
	if (o->name_space || is_of_libc(o))
		return;
	judge_inside(scene, o);
	if (o->family)
		return;
	judge_deep(scene, o);
	judge_missing(scene, o);
	judge_other_names(scene, o);
}

void alck_judge(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects && scene->global; i++)
		alck_judge_row(scene, scene->objects[i]);
	if (scene->global)
		alck_judge_allocators(scene);
}

enum alck_code alck_judge_mark(const struct alck_scene *scene,
			       const struct alck_object *object)
{
	enum alck_code code = ALCK_NO_FINDING;
	enum alck_severity worst = ALCK_SEVERITY_INFO;

	for (size_t i = 0; i < scene->nfindings; i++) {
		const struct alck_scan_finding *f = &scene->findings[i];

		if (f->object != object || f->code == ALCK_NO_FINDING ||
		    f->severity == ALCK_SEVERITY_INFO ||
		    (code != ALCK_NO_FINDING && f->severity >= worst))
			continue;
		code = f->code;
		worst = f->severity;
	}
	return code;
}
