/* SPDX-License-Identifier: MIT */
/*
 * Eight threads allocate and free, by their own allocator and by those of the
 * plugins that are there, while the first thread loads one plugin after the
 * other:
 *
 *	storm ROUNDS PLUGIN...
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>

#include "common.h"

#define THREADS 8
#define PLUGINS 64

static struct {
	void *(*get)(size_t);
	void (*put)(void *);
} plugin[PLUGINS];
static int nplugins, running, done;

static void *worker(void *unused)
{
	unsigned int n = 0;

	(void)unused;
	__atomic_fetch_add(&running, 1, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		int there = __atomic_load_n(&nplugins, __ATOMIC_ACQUIRE);
		void *mine = malloc(n % 500), *its = NULL;

		if (there)
			its = plugin[n % (unsigned int)there].get(n % 300 + 1);
		free(opaque(mine));
		if (there)
			plugin[n % (unsigned int)there].put(its);
		n++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];
	int rounds = argc > 2 ? atoi(argv[1]) : 0;

	must(rounds > 0 && argc - 2 <= PLUGINS);
	for (int i = 0; i < THREADS; i++)
		must(!pthread_create(&thread[i], NULL, worker, NULL));
	while (__atomic_load_n(&running, __ATOMIC_RELAXED) < THREADS)
		sched_yield();
	for (int i = 2; i < argc; i++) {
		void *handle = dlopen(argv[i], RTLD_NOW);

		if (!handle)
			die("%s", dlerror());
		*(void **)&plugin[nplugins].get = dlsym(handle, "plug_malloc");
		*(void **)&plugin[nplugins].put = dlsym(handle, "plug_free");
		must(plugin[nplugins].get && plugin[nplugins].put);
		__atomic_store_n(&nplugins, nplugins + 1, __ATOMIC_RELEASE);
		/* One that is loaded and unloaded again and again. */
		for (int k = 0; k < rounds && i + 1 < argc; k++) {
			handle = dlopen(argv[i + 1], RTLD_NOW);
			must(handle);
			dlclose(handle);
		}
	}
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < THREADS; i++)
		must(!pthread_join(thread[i], NULL));
	puts("storm: still alive");
	return 0;
}
