/* SPDX-License-Identifier: MIT */
/*
 * Libraries that go while blocks are still there:
 *
 *	unloads WAY LIBRARY [LIBRARY2]
 *
 *	free            a block of LIBRARY's malloc, freed when it is unloaded
 *	realloc         the same by realloc
 *	again           the same by the free of LIBRARY, loaded once more
 *	known		as free, and LIBRARY2 is loaded before it goes
 *	never           the block is not freed
 *	rounds          LIBRARY comes and goes a hundred times, all in order
 *	stacks          LIBRARY (a plugin) allocates and is unloaded; LIBRARY2,
 *			which comes to lie there, frees; it goes, LIBRARY
 *			comes again and the block is freed once more
 */
#include <dlfcn.h>

#include "common.h"

static void *symbol(void *handle, const char *name)
{
	void *s = dlsym(handle, name);

	if (!s)
		die("%s", dlerror());
	return s;
}

static void *load(const char *file)
{
	void *handle = dlopen(file, RTLD_NOW);

	if (!handle)
		die("%s", dlerror());
	return handle;
}

static void unload(void *handle, const char *file)
{
	must(!dlclose(handle));
	must(!dlopen(file, RTLD_NOW | RTLD_NOLOAD));
}

NOINLINE static void *unloads_alloc(void *handle, const char *name)
{
	void *p = ((void *(*)(size_t))symbol(handle, name))(200);

	must(p);
	memset(p, 'u', 200);
	return opaque(p);
}

NOINLINE static void unloads_free(void *handle, const char *name, void *p)
{
	((void (*)(void *))symbol(handle, name))(opaque(p));
	__asm__ volatile("");
}

NOINLINE static char *unloads_realloc(void *p)
{
	return opaque(realloc(opaque(p), 5000));
}

static void *leave_block(const char *file)
{
	void *handle = load(file);
	void *p;

	unloads_free(handle, "free", unloads_alloc(handle, "malloc"));
	p = unloads_alloc(handle, "malloc");
	unload(handle, file);
	return p;
}

static void known(const char *file, const char *other)
{
	void *handle = load(file), *p;

	load(other);
	p = unloads_alloc(handle, "malloc");
	unload(handle, file);
	unloads_free(RTLD_DEFAULT, "free", p);
}

static void again(const char *file)
{
	void *p = leave_block(file), *handle = load(file);

	unloads_free(handle, "free", unloads_alloc(handle, "malloc"));
	unloads_free(handle, "free", p);
}

static void resize(const char *file)
{
	char *p = unloads_realloc(leave_block(file));
	int i;

	must(p);
	for (i = 0; i < 200; i++)
		must(p[i] == 'u');
	free(p);
}

static void rounds(const char *file)
{
	int i;

	for (i = 0; i < 100; i++) {
		void *handle = load(file);

		unloads_free(handle, "free", unloads_alloc(handle, "malloc"));
		unload(handle, file);
	}
}

static void stacks(const char *one, const char *two)
{
	void *handle = load(one), *first = symbol(handle, "plug_malloc");
	void *p = unloads_alloc(handle, "plug_malloc");

	unload(handle, one);
	handle = load(two);
	must(symbol(handle, "plug_malloc") == first);
	unloads_free(handle, "plug_free", p);
	unload(handle, two);
	handle = load(one);
	must(symbol(handle, "plug_malloc") == first);
	unloads_free(handle, "plug_free", p);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	if (argc < 3)
		die("usage: unloads WAY LIBRARY [LIBRARY2]");
	free(opaque(malloc(10)));
	if (!strcmp(way, "free"))
		unloads_free(RTLD_DEFAULT, "free", leave_block(argv[2]));
	else if (!strcmp(way, "realloc"))
		resize(argv[2]);
	else if (!strcmp(way, "again"))
		again(argv[2]);
	else if (!strcmp(way, "known") && argc > 3)
		known(argv[2], argv[3]);
	else if (!strcmp(way, "never"))
		leave_block(argv[2]);
	else if (!strcmp(way, "rounds"))
		rounds(argv[2]);
	else if (!strcmp(way, "stacks") && argc > 3)
		stacks(argv[2], argv[3]);
	else
		die("unloads: %s?", way);
	puts("unloads: still alive");
	return 0;
}
