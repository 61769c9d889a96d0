/* SPDX-License-Identifier: MIT */
/*
 * A program with the shape of the one that met it: an engine on jemalloc, a
 * plugin loaded with RTLD_DEEPBIND, threads that give strings to the plugin to
 * free, a malloc_trim now and then, and another thread that forks.
 *
 *	engine PLUGIN [trim] [fork] [reverse] [hooks] [word=W]
 *
 *	trim	call malloc_trim: it arms the window
 *	fork	fork, several times
 *	reverse	instead of the threads: the plugin allocates in a fork handler
 *		and frees after the fork
 *	hooks	point libc's hooks to the allocator in force, which its own
 *		definitions do where it has them
 *	word=W	the eight bytes before each block that the plugin frees.  By
 *		them ptmalloc decides how to die.
 *
 * jemalloc packs the blocks of a size class side by side: the eight bytes
 * before a block are the last eight of its neighbour.  A block goes to the
 * plugin only while its neighbour is in the same thread's hands, so that
 * nobody else writes there, and ptmalloc never reads a word but W.
 *
 * With bit 2 of W set ptmalloc takes a lock where the first word of the
 * 64 MiB region that holds the block points to.  A lock that lies across two
 * cache lines stops every processor of the machine.  So this word is ours and
 * leads to a page of ours, whose lock is taken; where that cannot be had the
 * engine ends (status 3) before it frees anything.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define THREADS	       2
#define FORKS	       4  /* with frees meanwhile */
#define FORKS_MAX      50 /* in all */
#define BLOCK	       32
#define BATCH	       64
#define REGION	       (64UL << 20)
#define REGIONS	       8
#define NON_MAIN_ARENA 4
#define IS_MMAPPED     2

static void (*plugin_free)(void *);
static void *(*plugin_alloc)(size_t);
static volatile int stop;
static unsigned long handed[THREADS]; /* blocks that the plugin has freed */
static uint64_t word = 0x4141414141414141;
static void *from_window;

static void refuse(const char *why)
{
	fprintf(stderr, "engine: refuses: %s\n", why);
	_exit(3);
}

static void *page_at(uintptr_t at)
{
	void *page = mmap((void *)at, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS |
				  (at ? MAP_FIXED_NOREPLACE : 0),
			  -1, 0);

	if (page == MAP_FAILED)
		refuse(at ? "the region's first page is in use" : "no memory");
	if ((at && (uintptr_t)page != at) || (uintptr_t)page % 64)
		refuse("a page is not where it must be");
	return page;
}

/* The arena that ptmalloc would find for BLOCK: a taken lock, aligned. */
static void prepare_region(const char *block)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static uintptr_t prepared[REGIONS];
	static int *arena;
	uintptr_t region = ((uintptr_t)block - 16) & ~(REGION - 1);
	int i;

	pthread_mutex_lock(&mutex);
	for (i = 0; i < REGIONS && prepared[i]; i++)
		if (prepared[i] == region)
			goto out;
	if (i == REGIONS)
		refuse("too many regions");
	if (!arena) {
		arena = page_at(0);
		*arena = 2; /* taken, and somebody waits */
	}
	*(int **)page_at(region) = arena;
	prepared[i] = region;
out:
	pthread_mutex_unlock(&mutex);
}

static char *new_string(void)
{
	char *block = malloc(BLOCK);

	if (!block)
		refuse("no memory");
	memset(block, 0, BLOCK);
	memcpy(block + BLOCK - sizeof(word), &word, sizeof(word));
	if ((word & NON_MAIN_ARENA) && !(word & IS_MMAPPED))
		prepare_region(block);
	return block;
}

static int later_first(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return (x < y) - (x > y);
}

static void *worker(void *mine)
{
	while (!stop) {
		char *blocks[BATCH];

		for (int i = 0; i < BATCH; i++)
			blocks[i] = new_string();
		qsort(blocks, BATCH, sizeof(blocks[0]), later_first);
		for (int i = 0; i < BATCH; i++) {
			if (i + 1 == BATCH ||
			    blocks[i + 1] != blocks[i] - BLOCK) {
				free(blocks[i]);
				continue;
			}
			plugin_free(blocks[i]);
			__atomic_add_fetch((unsigned long *)mine, 1,
					   __ATOMIC_RELAXED);
		}
		usleep(100);
	}
	return NULL;
}

/* Runs in the forking thread, when libc has changed the hooks. */
static void before_fork(void)
{
	if (!from_window)
		from_window = plugin_alloc(BLOCK);
}

static unsigned long handed_by(int thread)
{
	return __atomic_load_n(&handed[thread], __ATOMIC_RELAXED);
}

static unsigned long handed_now(void)
{
	unsigned long n = 0;

	for (int i = 0; i < THREADS; i++)
		n += handed_by(i);
	return n;
}

/* A window closes while no other thread frees on a busy machine: again, then.
 */
static void do_forks(void)
{
	int met = 0;

	for (int i = 0; i < FORKS_MAX && met < FORKS; i++) {
		unsigned long before = handed_now();
		pid_t child = fork();

		if (!child)
			_exit(0);
		met += from_window || handed_now() - before > BATCH;
		waitpid(child, NULL, 0);
		plugin_free(from_window);
		from_window = NULL;
		usleep(2000);
	}
}

/* The variable that libc reads: jemalloc's, else libc's, whose name has only
 * an old version since 2.34. */
static void **hook(const char *name)
{
	void *variable = dlsym(RTLD_DEFAULT, name);

	if (!variable)
		variable = dlvsym(RTLD_DEFAULT, name, "GLIBC_2.2.5");
	return variable;
}

/* What jemalloc does by defining these variables itself. */
static void set_hooks(void)
{
	static const char *const names[][2] = {
		{"__malloc_hook", "malloc"},
		{"__free_hook", "free"},
	};

	for (int i = 0; i < 2; i++) {
		void **variable = hook(names[i][0]);
		void *jemalloc =
			dlopen("libjemalloc.so.2", RTLD_LAZY | RTLD_NOLOAD);

		if (!variable || !jemalloc)
			refuse("no hooks, or no jemalloc");
		*variable = dlsym(jemalloc, names[i][1]);
	}
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
		if (!strcmp(argv[i], "hooks"))
			set_hooks();
		if (!strncmp(argv[i], "word=", 5))
			word = strtoull(argv[i] + 5, NULL, 0);
	}
	plugin = argc < 2 ? NULL : dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
	if (!plugin) {
		fprintf(stderr, "engine: %s\n",
			argc < 2 ? "which plugin?" : dlerror());
		return 1;
	}
	*(void **)&plugin_free = dlsym(plugin, "plugin_free");
	*(void **)&plugin_alloc = dlsym(plugin, "plugin_alloc");
	/* Before the window is armed: what is registered first prepares
	 * last. */
	if (reverse)
		pthread_atfork(before_fork, NULL, NULL);
	for (int i = 0; i < THREADS && !reverse; i++)
		pthread_create(&threads[i], NULL, worker, &handed[i]);
	for (int i = 0; i < THREADS && !reverse; i++)
		while (handed_by(i) < 50 * BATCH)
			usleep(1000);
	if (trim)
		malloc_trim(0);
	if (forks)
		do_forks();
	stop = 1;
	for (int i = 0; i < THREADS && !reverse; i++)
		pthread_join(threads[i], NULL);
	puts("engine: done");
	return 0;
}
