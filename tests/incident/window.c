/* SPDX-License-Identifier: MIT */
/*
 * What glibc 2.17 to 2.23 did to the malloc hooks at fork (malloc/arena.c,
 * ptmalloc_lock_all), for a glibc that still reads the hooks and no longer
 * does that: a preload library.
 *
 * As there, it begins with the first call that initialises ptmalloc, here
 * malloc_trim: fork handlers registered earlier would run in the wrong order.
 * Before the fork the hooks are taken away, after it they are put back in
 * parent and child; meanwhile libc's free is ptmalloc's.  The window is held
 * open a little, for which an old glibc needed a large heap.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

int malloc_trim(size_t pad);

static void **malloc_hook, **free_hook;
static void *old_malloc, *old_free;

/* The variable that libc reads, found in whoever defines it first, as libc
 * itself found it; since 2.34 its name has only an old version. */
static void **hook(const char *name)
{
	void *variable = dlsym(RTLD_DEFAULT, name);

	if (!variable)
		variable = dlvsym(RTLD_DEFAULT, name, "GLIBC_2.2.5");
	return variable;
}

static void hold(void)
{
	struct timespec t = {0, 20000000};

	nanosleep(&t, NULL);
}

static void prepare(void)
{
	old_malloc = *malloc_hook;
	old_free = *free_hook;
	*malloc_hook = NULL;
	*free_hook = NULL;
	hold();
}

static void put_back(void)
{
	*malloc_hook = old_malloc;
	*free_hook = old_free;
}

int malloc_trim(size_t pad)
{
	static int armed;
	int (*next)(size_t);

	*(void **)&next = dlsym(RTLD_NEXT, "malloc_trim");
	if (!armed) {
		armed = 1;
		malloc_hook = hook("__malloc_hook");
		free_hook = hook("__free_hook");
		if (malloc_hook && free_hook)
			pthread_atfork(prepare, put_back, put_back);
	}
	return next(pad);
}
