/* SPDX-License-Identifier: MIT */
/* What ld.so would load: see plan.h.  Offline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "inspect/plan.h"

#define PRELOAD_FILE "/etc/ld.so.preload"

struct loading {
	struct alck_scene *scene;
	struct alck_search search;
};

static int is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Is it loaded already, by this name or under another? */
static struct alck_object *loaded(const struct alck_scene *scene,
				  const char *name)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];

		if ((o->wanted && !strcmp(o->wanted, name)) ||
		    !strcmp(o->image.path, name) ||
		    (o != scene->program && o->image.soname &&
		     !strcmp(o->image.soname, name)))
			return o;
	}
	return NULL;
}

static struct alck_object *loaded_file(const struct alck_scene *scene,
				       const char *path)
{
	for (size_t i = 0; i < scene->nobjects; i++)
		if (is_same_file(scene->objects[i]->image.path, path))
			return scene->objects[i];
	return NULL;
}

static void set_asker(struct alck_scene *scene, struct alck_object *o)
{
	o->asker.rpath = o->image.rpath;
	o->asker.runpath = o->image.runpath;
	o->asker.origin = alck_search_origin(&scene->arena, o->image.path);
	o->asker.no_defaults = (o->image.flags_1 & DF_1_NODEFLIB) != 0;
	o->asker.parent = o->parent ? &o->parent->asker : NULL;
}

static int is_interpreter(const struct alck_scene *scene, const char *name)
{
	const char *slash = strrchr(scene->interpreter, '/');

	return slash && !strcmp(slash + 1, name);
}

/* The file that everybody else gets, where it is not PATH. */
static const char *elsewhere(const struct loading *l, const char *name,
			     const char *path)
{
	const char *other;

	if (strchr(name, '/'))
		return NULL;
	other = alck_ld_cache_find(&l->search.cache, name, l->search.levels);
	if (!other || is_same_file(other, path))
		return NULL;
	return alck_arena_text(&l->scene->arena, other, strlen(other));
}

/* Loads NAME for PARENT, or finds it loaded.  NULL, and a problem, where it is
 * not there. */
static struct alck_object *load(struct loading *l, const char *name,
				struct alck_object *parent,
				struct alck_object *root,
				enum alck_origin origin)
{
	struct alck_scene *scene = l->scene;
	struct alck_object *o = loaded(scene, name);
	const char *how = NULL, *path, *why;

	if (o)
		return o;
	path = alck_search_find(&l->search, name, &parent->asker,
				&scene->program->asker, &how);
	if (is_interpreter(scene, name)) {
		/* It is there before anything is looked for. */
		path = scene->interpreter;
		how = "the program's PT_INTERP";
	}
	if (!path) {
		alck_scene_problem(scene,
				   "%s: not found; %s needs it, and ld.so "
				   "would %s",
				   name, alck_object_name(parent),
				   origin == ALCK_ORIGIN_PRELOAD
					   ? "go on without it"
					   : "stop there");
		return NULL;
	}
	o = loaded_file(scene, path);
	if (o)
		return o;
	o = alck_scene_add(scene, origin);
	if (!o)
		return NULL;
	why = alck_image_of_file(&o->image, &scene->arena, path);
	if (why) {
		alck_scene_problem(scene, "%s: %s", path, why);
		alck_scene_drop_last(scene);
		return NULL;
	}
	o->wanted = name;
	o->how = how;
	o->elsewhere =
		is_interpreter(scene, name) ? NULL : elsewhere(l, name, path);
	o->parent = parent;
	if (root)
		o->root = root;
	set_asker(scene, o);
	return o;
}

static int is_in(struct alck_object *const *list, size_t n,
		 const struct alck_object *o)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == o)
			return 1;
	return 0;
}

/* Loads what ROOT needs, and what those need, breadth first; FIRST are N
 * objects that come with it.  What is in there is its scope. */
static void load_needed(struct loading *l, struct alck_object *root,
			struct alck_object *const *first, size_t nfirst,
			enum alck_origin origin)
{
	struct alck_object **list = NULL, **more;
	size_t n = 0, room = 0;

	for (size_t i = 0; i <= nfirst; i++) {
		more = realloc(list, (n + 1) * sizeof(*list));
		if (!more)
			break;
		list = more;
		list[n++] = i ? first[i - 1] : root;
	}
	room = n;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < list[i]->image.nneeded; k++) {
			struct alck_object *o =
				load(l, list[i]->image.needed[k], list[i], root,
				     origin);

			if (!o || is_in(list, n, o))
				continue;
			if (n == room) {
				room = 2 * room + 8;
				more = realloc(list, room * sizeof(*list));
				if (!more)
					break;
				list = more;
			}
			list[n++] = o;
		}
	root->scope =
		alck_arena_alloc(&l->scene->arena, (n + 1) * sizeof(*list));
	if (root->scope && n) {
		memcpy(root->scope, list, n * sizeof(*list));
		root->nscope = n;
	}
	free(list);
}

static size_t preload(struct loading *l, const char *names,
		      const char *separators, struct alck_object **list,
		      size_t n, size_t max)
{
	while (names && *names && n < max) {
		size_t len = strcspn(names, separators);
		const char *name =
			len ? alck_arena_text(&l->scene->arena, names, len)
			    : NULL;
		struct alck_object *o = NULL;

		if (name)
			o = load(l, name, l->scene->program, l->scene->program,
				 ALCK_ORIGIN_PRELOAD);
		if (o && o != l->scene->program && !is_in(list, n, o))
			list[n++] = o;
		names += len;
		names += strspn(names, separators);
	}
	return n;
}

static size_t preload_file(struct loading *l, struct alck_object **list,
			   size_t n, size_t max)
{
	FILE *f = fopen(PRELOAD_FILE, "re");
	char line[4096];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "#")] = 0;
		n = preload(l, line, " \t\n:", list, n, max);
	}
	if (f)
		fclose(f);
	return n;
}

static void load_plugin(struct loading *l, const struct alck_plan_plugin *p)
{
	size_t before = l->scene->nobjects;
	struct alck_object *o =
		load(l, p->file, l->scene->program, NULL, ALCK_ORIGIN_LOADED);

	if (!o || o->number < before) {
		if (o)
			alck_scene_problem(l->scene,
					   "%s: loaded from the start, so that "
					   "dlopen changes nothing",
					   p->file);
		return;
	}
	o->deep = p->deep;
	load_needed(l, o, NULL, 0, ALCK_ORIGIN_LOADED);
	for (size_t i = before; i < l->scene->nobjects; i++)
		l->scene->objects[i]->deep = p->deep;
}

const char *alck_plan_program(struct alck_scene *scene,
			      const struct alck_plan *plan)
{
	struct alck_object *preloads[64], *program;
	struct loading l = {.scene = scene};
	const char *why;
	size_t n;

	program = alck_scene_add(scene, ALCK_ORIGIN_PROGRAM);
	if (!program)
		return "out of memory";
	scene->program = program;
	why = alck_image_of_file(&program->image, &scene->arena, plan->program);
	if (why)
		return why;
	set_asker(scene, program);
	if (program->image.interpreter)
		scene->interpreter = program->image.interpreter;
	scene->is_static =
		!program->image.dynamic ||
		(!program->image.interpreter && !program->image.nneeded);
	alck_search_init(&l.search, &scene->arena,
			 *scene->interpreter ? scene->interpreter : NULL,
			 plan->library_path);
	/* ld.so heeds them in this order. */
	n = scene->is_static
		    ? 0
		    : preload(&l, plan->preload, " :", preloads, 0, 64);
	if (!scene->is_static)
		n = preload_file(&l, preloads, n, 64);
	load_needed(&l, program, preloads, n, ALCK_ORIGIN_NEEDED);
	for (size_t i = 0; i < plan->nplugins && !scene->is_static; i++)
		load_plugin(&l, &plan->plugins[i]);
	alck_search_done(&l.search);
	return NULL;
}
