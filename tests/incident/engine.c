/* SPDX-License-Identifier: MIT */
/*
 * A program with the shape of the one that met it: an engine on jemalloc, a
 * plugin loaded with RTLD_DEEPBIND, threads that give strings to the plugin to
 * free, while another thread forks, and a malloc_trim now and then.
 *
 *	engine PLUGIN [trim] [fork] [reverse] [byte=B]
 *
 *	trim	call malloc_trim before anything else: it arms the window
 *	fork	fork, several times, while the threads free
 *	reverse	the plugin allocates in the window and frees after it
 *	byte=B	what lies in the eight bytes before each block: the end of a
 *		neighbour's string.  By it ptmalloc decides how to die.
 *
 * jemalloc packs the blocks of a size class side by side, so the eight bytes
 * before a block are its neighbour's last eight, which are filled here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 2
#define FORKS	4
#define BLOCK	32
#define BATCH	64

static void (*plugin_free)(void *);
static void *(*plugin_alloc)(size_t);
static volatile int stop;
static int fill = 'A';

static void *worker(void *unused)
{
	while (!stop) {
		char *blocks[BATCH];

		for (int i = 0; i < BATCH; i++) {
			blocks[i] = malloc(BLOCK);
			memset(blocks[i], fill, BLOCK);
		}
		for (int i = 0; i < BATCH; i++)
			plugin_free(blocks[i]);
		usleep(100);
	}
	return unused;
}

/* Allocates in the plugin all the time; what came in a window is freed long
 * after it. */
static void *hoarder(void *unused)
{
	void *kept[256] = { NULL };

	for (unsigned int i = 0; !stop; i = (i + 1) % 256) {
		plugin_free(kept[i]);
		kept[i] = plugin_alloc(BLOCK);
		usleep(200);
	}
	for (int i = 0; i < 256; i++)
		plugin_free(kept[i]);
	return unused;
}

int main(int argc, char **argv)
{
	int trim = 0, forks = 0, reverse = 0;
	pthread_t threads[THREADS];
	void *plugin;

	for (int i = 2; i < argc; i++) {
		trim |= !strcmp(argv[i], "trim");
		forks |= !strcmp(argv[i], "fork");
		reverse |= !strcmp(argv[i], "reverse");
		if (!strncmp(argv[i], "byte=", 5))
			fill = (int)strtol(argv[i] + 5, NULL, 0);
	}
	plugin = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
	if (!plugin) {
		fprintf(stderr, "engine: %s\n", dlerror());
		return 1;
	}
	*(void **)&plugin_free = dlsym(plugin, "plugin_free");
	*(void **)&plugin_alloc = dlsym(plugin, "plugin_alloc");
	if (trim)
		malloc_trim(0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, reverse ? hoarder : worker,
			       NULL);
	usleep(20000);
	for (int i = 0; forks && i < FORKS; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		usleep(5000);
	}
	usleep(20000);
	stop = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	puts("engine: done");
	return 0;
}
