/* SPDX-License-Identifier: MIT */
/*
 * A program with malloc hooks of its own, as the manual of old glibcs shows
 * them: each takes itself out, calls the function, and comes back.
 *
 *	tracer [PLUGIN]
 *
 * With PLUGIN, which is loaded with RTLD_DEEPBIND, the blocks come from the
 * program and are freed there.  Prints how often the hooks were called.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCKS 100

typedef void *(*malloc_hook)(size_t, const void *);
typedef void (*free_hook)(void *, const void *);

static malloc_hook *on_malloc, old_malloc;
static free_hook *on_free, old_free;
static int mallocs, frees;

static void put_in(void);

static void take_out(void)
{
	*on_malloc = old_malloc;
	*on_free = old_free;
}

static void *note_malloc(size_t size, const void *caller)
{
	void *block;

	(void)caller;
	take_out();
	block = malloc(size);
	mallocs++;
	put_in();
	return block;
}

static void note_free(void *block, const void *caller)
{
	(void)caller;
	take_out();
	free(block);
	frees++;
	put_in();
}

static void put_in(void)
{
	old_malloc = *on_malloc;
	old_free = *on_free;
	*on_malloc = note_malloc;
	*on_free = note_free;
}

static void *variable(const char *name)
{
	void *found = dlsym(RTLD_DEFAULT, name);

	return found ? found : dlvsym(RTLD_DEFAULT, name, "GLIBC_2.2.5");
}

int main(int argc, char **argv)
{
	void (*release)(void *) = free;
	void *blocks[BLOCKS];

	if (argc > 1) {
		void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);

		if (!plugin)
			return 2;
		*(void **)&release = dlsym(plugin, "plugin_free");
	}
	on_malloc = variable("__malloc_hook");
	on_free = variable("__free_hook");
	if (!on_malloc || !on_free)
		return 2;
	put_in();
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(20 + (size_t)i);
	for (int i = 0; i < BLOCKS; i++)
		release(blocks[i]);
	take_out();
	printf("%d mallocs, %d frees\n", mallocs, frees);
	return 0;
}
