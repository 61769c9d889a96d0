/* SPDX-License-Identifier: MIT */
/* What is wrong with the allocators of a scene, taken together: see judge.h.
 * Offline. */
#include <string.h>

#include "inspect/judge.h"

static int is_allocator(const struct alck_object *o)
{
	return o->family &&
	       !(o->family->flags & (ALCK_FORWARDER | ALCK_LOADER)) &&
	       alck_image_defines(&o->image, ALCK_COLUMN_MALLOC);
}

static int is_libc(const struct alck_object *o)
{
	return !strncmp(o->family->name, "glibc", 5);
}

/* oneTBB's proxy and its allocator are one. */
static int belong_together(const struct alck_object *a,
			   const struct alck_object *b)
{
	return !strncmp(a->family->name, "tbb", 3) &&
	       !strncmp(b->family->name, "tbb", 3);
}

/* Two besides libc: T7, or T8 where both are of one family. */
static void judge_pair(struct alck_scene *scene, struct alck_object *a,
		       struct alck_object *b)
{
	int wrapper = (a->family->flags | b->family->flags) & ALCK_UNPROVEN;
	int same = a->family == b->family && !wrapper;
	const char *text = alck_arena_printf(
		&scene->arena, "%s and %s both define malloc%s",
		alck_object_title(scene, a), alck_object_title(scene, b),
		scene->global[ALCK_COLUMN_MALLOC].owner == a
			? "; the first is in force"
			: "");

	alck_scene_found(
		scene, same ? ALCK_T8 : ALCK_T7,
		wrapper ? ALCK_SEVERITY_INFO : ALCK_SEVERITY_LATENT, b, text,
		wrapper ? "one of them may be a wrapper of the other"
		: same	? "two copies of one allocator are loaded"
			: "two allocators are loaded",
		same ? "load one copy only: look for the second in RPATH, "
		       "LD_LIBRARY_PATH and LD_PRELOAD"
		     : "use one allocator for the whole process");
}

static void judge_pairs(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *a = scene->objects[i];

		if (!is_allocator(a) || is_libc(a))
			continue;
		for (size_t k = i + 1; k < scene->nobjects; k++) {
			struct alck_object *b = scene->objects[k];

			if (is_allocator(b) && !is_libc(b) &&
			    a->name_space == b->name_space &&
			    !belong_together(a, b))
				judge_pair(scene, a, b);
		}
		if (a->origin == ALCK_ORIGIN_LOADED && !a->name_space &&
		    strstr(alck_object_name(a), a->family->name) &&
		    scene->global[ALCK_COLUMN_MALLOC].owner != a)
			alck_scene_found(
				scene, ALCK_T9, ALCK_SEVERITY_LATENT, a,
				alck_arena_printf(
					&scene->arena,
					"%s comes by dlopen, after %s is in "
					"force",
					alck_object_title(scene, a),
					scene->global[ALCK_COLUMN_MALLOC].owner
						? alck_object_title(
							  scene,
							  scene->global[0]
								  .owner)
						: "another one"),
				NULL,
				"load it from the start (link the program to "
				"it, "
				"or LD_PRELOAD)");
	}
}

static void judge_namespaces(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];

		if (o->name_space && is_allocator(o))
			alck_scene_found(
				scene, ALCK_T11, ALCK_SEVERITY_LATENT, o,
				alck_arena_printf(&scene->arena,
						  "%s is there once more, in "
						  "link namespace "
						  "%u",
						  alck_object_title(scene, o),
						  o->name_space),
				"dlmopen or LD_AUDIT loaded it",
				"free each block in the namespace that it came "
				"from");
	}
}

/* The file that was found is not the one that was meant. */
static void judge_files(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];
		const char *soname = o->image.soname;

		if (!is_allocator(o))
			continue;
		if (o->elsewhere)
			alck_scene_found(
				scene, ALCK_T8b, ALCK_SEVERITY_LATENT, o,
				alck_arena_printf(&scene->arena,
						  "%s is %s%s%s; ld.so.cache "
						  "has %s",
						  o->wanted, o->image.path,
						  o->how ? ", found by " : "",
						  o->how ? o->how : "",
						  o->elsewhere),
				"the first one found shadows the other",
				"see that both are the same, or that only one "
				"is "
				"found");
		if (soname && o->wanted && !strchr(o->wanted, '/') &&
		    strcmp(soname, o->wanted))
			alck_scene_found(
				scene, ALCK_T8b, ALCK_SEVERITY_LATENT, o,
				alck_arena_printf(
					&scene->arena,
					"%s was asked for, and the file found, "
					"%s, calls itself %s",
					o->wanted, o->image.path, soname),
				"whoever asks for the other name loads it "
				"again",
				"name the file after its soname (ldconfig)");
	}
}

/* Names that libc's allocator would serve, since the one in force has not got
 * them. */
static void judge_lacking(struct alck_scene *scene)
{
	struct alck_object *force = scene->global[ALCK_COLUMN_MALLOC].owner;
	char text[512] = "";
	size_t len = 0;

	if (!force || is_libc(force) || !scene->libc)
		return;
	for (int i = 0; i < ALCK_COLUMN_C; i++) {
		const struct alck_object *owner = scene->global[i].owner;

		if (!owner || owner == force)
			continue;
		len += strlen(alck_rows_c[i].name) + 2;
		if (len >= sizeof(text))
			break;
		if (*text)
			strcat(text, ", ");
		strcat(text, alck_rows_c[i].name);
	}
	if (*text)
		alck_scene_found(scene, ALCK_T5, ALCK_SEVERITY_INFO, force,
				 alck_arena_printf(
					 &scene->arena, "%s lacks %s",
					 alck_object_title(scene, force), text),
				 "libc serves what it lacks, from a heap of "
				 "its own",
				 NULL);
}

static int reads(const struct alck_object *o, int hook)
{
	for (size_t i = 0; i < o->image.nslots; i++)
		if (o->image.slots[i].symbol->name == hook)
			return 1;
	return 0;
}

/* Definitions of __free_hook that nobody reads, and those that somebody
 * does. */
static void judge_hooks(struct alck_scene *scene)
{
	int hook = alck_name_find("__free_hook");
	int reader = 0;

	for (size_t i = 0; i < scene->nobjects; i++)
		reader |= scene->objects[i]->family &&
			  is_libc(scene->objects[i]) &&
			  reads(scene->objects[i], hook);
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];

		if (!o->family || is_libc(o) ||
		    (o->family->flags & ALCK_LOADER) ||
		    !alck_image_defines(&o->image, hook))
			continue;
		alck_scene_found(
			scene, ALCK_NO_FINDING, ALCK_SEVERITY_INFO, o,
			alck_arena_printf(
				&scene->arena,
				reader ? "%s defines __free_hook, and this "
					 "libc "
					 "reads it"
				       : "%s defines __free_hook, which this "
					 "libc "
					 "does not read",
				alck_object_title(scene, o)),
			reader ? "its blocks that reach libc's free are handed "
				 "back to it"
			       : "nobody rescues its blocks from libc's free",
			NULL);
	}
}

void alck_judge_allocators(struct alck_scene *scene)
{
	judge_pairs(scene);
	judge_namespaces(scene);
	judge_files(scene);
	judge_lacking(scene);
	judge_hooks(scene);
}
