/* SPDX-License-Identifier: MIT */
/*
 * Each library is loaded and unloaded by a thread of its own, all at the same
 * time, and each time a block goes through it:
 *
 *	churn ROUNDS PLUGIN...
 */
#include <dlfcn.h>
#include <pthread.h>

#include "common.h"

#define THREADS 16

static int rounds;

static void *churn(void *name)
{
	for (int i = 0; i < rounds; i++) {
		void *plugin = dlopen(name, RTLD_NOW);
		void *(*get)(size_t);
		void (*put)(void *);

		must(plugin);
		*(void **)&get = dlsym(plugin, "plug_malloc");
		*(void **)&put = dlsym(plugin, "plug_free");
		must(get && put);
		put(get(100));
		must(!dlclose(plugin));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];
	int n = argc - 2;

	must(n > 0 && n <= THREADS);
	rounds = atoi(argv[1]);
	for (int i = 0; i < n; i++)
		must(!pthread_create(&thread[i], NULL, churn, argv[i + 2]));
	for (int i = 0; i < n; i++)
		must(!pthread_join(thread[i], NULL));
	puts("churn: still alive");
	return 0;
}
