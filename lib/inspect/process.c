/* SPDX-License-Identifier: MIT */
/* The objects of a process: see process.h.  Offline. */
#include <link.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inspect/process.h"

#define NAMESPACES_MAX 32    /* glibc has 16 */
#define LIST_MAX       16384 /* a list that goes round ends here */

/* struct r_debug and, from version 2 on, the pointer to the next namespace's
 * (glibc 2.35). */
struct debug {
	int version;
	uint64_t map, brk;
	int state;
	uint64_t base, next;
};

/* What is public of struct link_map. */
struct map {
	uint64_t addr, name, dynamic, next, prev;
};

/* Where the file that is mapped at ADDRESS begins: its first mapping, as long
 * as no other file lies between. */
static uint64_t base_of(struct alck_memory *memory, uint64_t address,
			const char **path)
{
	const struct alck_mapping *first,
		*m = alck_memory_mapping_at(memory, address);

	if (!m || !*m->path)
		return 0;
	alck_memory_mappings(memory, &first);
	*path = m->path;
	for (const struct alck_mapping *p = m;; p--) {
		/* The end of .bss is nobody's file. */
		if (*p->path && strcmp(p->path, m->path))
			return 0;
		if (*p->path && !p->offset)
			return p->low;
		if (p == first)
			return 0;
	}
}

static struct alck_object *add(struct alck_scene *scene, uint64_t base,
			       const char *path, enum alck_origin origin,
			       unsigned int name_space)
{
	struct alck_object *o = alck_scene_add(scene, origin);
	const char *why;

	if (!o)
		return NULL;
	why = alck_image_of_memory(&o->image, &scene->arena, scene->memory,
				   base, path);
	if (why) {
		alck_scene_problem(scene, "%s: %s", path, why);
		alck_scene_drop_last(scene);
		return NULL;
	}
	o->name_space = name_space;
	return o;
}

static struct alck_object *known(const struct alck_scene *scene, uint64_t base)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		const struct alck_image *image = &scene->objects[i]->image;

		if (base >= image->bias + image->low &&
		    base < image->bias + image->high)
			return scene->objects[i];
	}
	return NULL;
}

/* --------------------------------------------------------- ld.so's lists */

static void walk(struct alck_scene *scene, uint64_t at, unsigned int name_space)
{
	struct alck_memory *memory = scene->memory;
	struct map m;

	for (int i = 0; at && i < LIST_MAX; i++, at = m.next) {
		const char *path = "";
		char name[4096];
		uint64_t base;

		if (alck_memory_read(memory, at, &m, sizeof(m))) {
			alck_scene_problem(scene,
					   "ld.so's list ends in memory that "
					   "cannot be read");
			return;
		}
		base = base_of(memory, m.dynamic, &path);
		/* The vDSO, which has no file. */
		if (!base || *path == '[')
			continue;
		if (known(scene, base))
			continue;
		/* By its own name where the file is gone. */
		if (strstr(path, " (deleted)") &&
		    alck_memory_text(memory, m.name, name, sizeof(name)) > 0)
			path = name;
		add(scene, base, path,
		    name_space ? ALCK_ORIGIN_LOADED : ALCK_ORIGIN_NEEDED,
		    name_space);
	}
}

static void walk_namespaces(struct alck_scene *scene, uint64_t at)
{
	struct debug d;

	for (unsigned int i = 0; at && i < NAMESPACES_MAX; i++, at = d.next) {
		memset(&d, 0, sizeof(d));
		if (alck_memory_read(scene->memory, at, &d,
				     offsetof(struct debug, next)) ||
		    !d.version) {
			if (!i)
				alck_scene_problem(scene, "ld.so has not "
							  "loaded anything "
							  "yet");
			return;
		}
		if (d.version >= 2)
			alck_memory_read(scene->memory,
					 at + offsetof(struct debug, next),
					 &d.next, sizeof(d.next));
		if (d.state != RT_CONSISTENT)
			alck_scene_problem(scene, "ld.so is about to load or "
						  "unload something: its list "
						  "may not be whole");
		walk(scene, d.map, i);
	}
}

/* Before 2.35 other namespaces are in no list that can be found from outside;
 * their objects are mapped all the same. */
static void find_unlisted(struct alck_scene *scene)
{
	const struct alck_mapping *m;
	size_t n = alck_memory_mappings(scene->memory, &m);

	for (size_t i = 0; i < n; i++) {
		const char *path = "";
		unsigned char magic[SELFMAG];
		uint64_t base;

		if (!m[i].executable || *m[i].path != '/' ||
		    known(scene, m[i].low))
			continue;
		base = base_of(scene->memory, m[i].low, &path);
		if (!base || known(scene, base) ||
		    alck_memory_read(scene->memory, base, magic, SELFMAG) ||
		    memcmp(magic, ELFMAG, SELFMAG))
			continue;
		add(scene, base, path, ALCK_ORIGIN_LOADED, 1);
	}
}

/* --------------------------------------------------------------- scopes */

static struct alck_object *named(const struct alck_scene *scene,
				 const char *name, unsigned int name_space)
{
	for (size_t i = 1; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];

		if (o->name_space != name_space)
			continue;
		if ((o->image.soname && !strcmp(o->image.soname, name)) ||
		    !strcmp(alck_object_name(o), name) ||
		    !strcmp(o->image.path, name))
			return o;
	}
	return NULL;
}

static size_t closure(const struct alck_scene *scene, struct alck_object *root,
		      struct alck_object **list)
{
	char *met = calloc(scene->nobjects + 1, 1);
	size_t n = 0;

	if (!met)
		return 0;
	list[n++] = root;
	met[root->number] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < list[i]->image.nneeded; k++) {
			struct alck_object *o =
				named(scene, list[i]->image.needed[k],
				      root->name_space);

			if (!o || met[o->number])
				continue;
			met[o->number] = 1;
			if (!o->parent) {
				o->parent = list[i];
				o->wanted = list[i]->image.needed[k];
			}
			list[n++] = o;
		}
	free(met);
	return n;
}

/* What was there at the start: up to the last object that one of them needs.
 * What came by dlopen stands behind, in the list as in the process' life. */
static size_t count_at_start(const struct alck_scene *scene,
			     struct alck_object **list)
{
	size_t last = 0, done = 0;

	do {
		size_t n = closure(scene, scene->objects[done], list);

		for (size_t i = 0; i < n; i++)
			if (list[i]->number > last && !list[i]->name_space)
				last = list[i]->number;
	} while (++done <= last);
	return last + 1;
}

static void set_scope(struct alck_scene *scene, struct alck_object *o,
		      struct alck_object *const *list, size_t n)
{
	o->scope = alck_arena_alloc(&scene->arena, (n + 1) * sizeof(*list));
	if (!o->scope)
		return;
	memcpy(o->scope, list, n * sizeof(*list));
	o->nscope = n;
}

static void find_scopes(struct alck_scene *scene)
{
	struct alck_object **list =
		calloc(scene->nobjects + 1, sizeof(struct alck_object *));
	size_t at_start, reached;

	if (!list)
		return;
	at_start = count_at_start(scene, list);
	set_scope(scene, scene->program, scene->objects, at_start);
	reached = closure(scene, scene->program, list);
	for (size_t i = 1; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];
		size_t k = 0;

		if (i < at_start) {
			o->root = scene->program;
			while (k < reached && list[k] != o)
				k++;
			if (k == reached && !o->parent)
				o->origin = ALCK_ORIGIN_PRELOAD;
		} else {
			o->origin = ALCK_ORIGIN_LOADED;
		}
	}
	for (size_t i = at_start; i < scene->nobjects; i++)
		set_scope(scene, scene->objects[i], list,
			  closure(scene, scene->objects[i], list));
	free(list);
}

/* ---------------------------------------------------------- other copies */

/* The file that the process of MEMORY has at PATH, which is absolute. */
static int stat_there(const struct alck_memory *memory, const char *path,
		      struct stat *st)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/proc/%ld/root%s",
		 (long)alck_memory_pid(memory), path);
	return stat(name, st);
}

/* What ld.so.cache has for the names that a live process' objects were asked
 * for by, where that is another file. */
static void find_elsewhere(struct alck_scene *scene)
{
	static const char *const no_levels[] = {NULL};
	struct alck_ld_cache cache;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%ld/root/etc/ld.so.cache",
		 (long)alck_memory_pid(scene->memory));
	alck_ld_cache_open(&cache, name);
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];
		struct stat here, there;
		const char *path;

		if (!o->wanted || strchr(o->wanted, '/'))
			continue;
		path = alck_ld_cache_find(&cache, o->wanted, no_levels);
		if (path && !stat_there(scene->memory, path, &there) &&
		    !stat_there(scene->memory, o->image.path, &here) &&
		    (here.st_ino != there.st_ino ||
		     here.st_dev != there.st_dev))
			o->elsewhere = alck_arena_text(&scene->arena, path,
						       strlen(path));
	}
	alck_ld_cache_close(&cache);
}

/* --------------------------------------------------------------- program */

static int is_loader(const struct alck_image *image)
{
	return !image->interpreter && image->soname &&
	       !strncmp(image->soname, "ld-", 3);
}

/* The kernel was told to run ld.so, and ld.so the program: the kernel knows of
 * ld.so alone.  It is the one that ld.so has told where its list is. */
static struct alck_object *find_run_by_loader(struct alck_scene *scene)
{
	const struct alck_mapping *m;
	size_t n = alck_memory_mappings(scene->memory, &m);

	for (size_t i = 0; i < n; i++) {
		unsigned char magic[SELFMAG];
		struct alck_object *o;

		if (m[i].offset || *m[i].path != '/' ||
		    alck_memory_read(scene->memory, m[i].low, magic, SELFMAG) ||
		    memcmp(magic, ELFMAG, SELFMAG))
			continue;
		o = add(scene, m[i].low, m[i].path, ALCK_ORIGIN_PROGRAM, 0);
		if (o && o->image.debug && o->image.interpreter)
			return o;
		if (o)
			alck_scene_drop_last(scene);
	}
	return NULL;
}

static const char *find_program(struct alck_scene *scene)
{
	struct alck_memory *memory = scene->memory;
	const char *path = "";
	uint64_t phdr = alck_memory_auxv(memory, AT_PHDR);
	uint64_t base = phdr ? base_of(memory, phdr, &path) : 0;

	if (!base)
		return "where its program lies cannot be told";
	if (*alck_memory_exe(memory))
		path = alck_memory_exe(memory);
	scene->program = add(scene, base, path, ALCK_ORIGIN_PROGRAM, 0);
	if (scene->program && is_loader(&scene->program->image)) {
		alck_scene_drop_last(scene);
		scene->program = find_run_by_loader(scene);
		if (!scene->program)
			return "it is ld.so, and which program that runs "
			       "cannot be told";
	}
	return scene->program ? NULL : "its program cannot be read";
}

const char *alck_process_objects(struct alck_scene *scene,
				 struct alck_memory *memory)
{
	const char *why;

	scene->memory = memory;
	scene->is_live = 1;
	why = find_program(scene);
	if (why)
		return why;
	if (scene->program->image.interpreter)
		scene->interpreter = scene->program->image.interpreter;
	/* A static one that may lie anywhere has a list of itself alone. */
	scene->is_static = !scene->program->image.interpreter;
	if (!scene->is_static && !scene->program->image.debug)
		alck_scene_problem(scene, "ld.so has not loaded anything yet");
	if (scene->program->image.debug) {
		walk_namespaces(scene, scene->program->image.debug);
		find_unlisted(scene);
	}
	find_scopes(scene);
	/* A core may be another machine's. */
	if (!alck_memory_signal(memory))
		find_elsewhere(scene);
	return NULL;
}
