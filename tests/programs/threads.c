/* SPDX-License-Identifier: MIT */
/*
 * Threads that mix every entry and free each other's blocks:
 *
 *	threads LIBRARY OPERATIONS [bad]
 *
 * Eight threads do OPERATIONS allocations together, on the allocator in force
 * and on LIBRARY's own, each block freed by the right function, mostly by
 * another thread than it came from.  With `bad` one block of LIBRARY is given
 * to free.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>

#include "common.h"

#define THREADS 8
#define RING	4096

struct block {
	void *p;
	void (*release)(void *);
};

/* Blocks on their way from one thread to another. */
static struct block *ring[RING];
static long operations;
static int bad;

static void *(*other_malloc)(size_t);
static void *(*other_calloc)(size_t, size_t);
static void *(*other_realloc)(void *, size_t);
static void (*other_free)(void *);

NOINLINE static void *threads_bad_alloc(void)
{
	return opaque(other_malloc(1234));
}

NOINLINE static void *allocate(unsigned int dice, struct block *b)
{
	size_t size = 1 + dice % 700;

	b->release = dice & 1 ? free : other_free;
	switch (dice / 2 % 8) {
	case 0:
		return b->p = b->release == free ? malloc(size)
						 : other_malloc(size);
	case 1:
		return b->p = b->release == free ? calloc(3, size)
						 : other_calloc(3, size);
	case 2:
		b->p = b->release == free ? malloc(size) : other_malloc(size);
		return b->p = b->release == free
				      ? realloc(b->p, 2 * size)
				      : other_realloc(b->p, 2 * size);
	case 3:
		b->release = free;
		must(!posix_memalign(&b->p, 64, size));
		return b->p;
	case 4:
		b->release = free;
		return b->p = aligned_alloc(32, size);
	case 5:
		b->release = free;
		return b->p = memalign(128, size);
	case 6:
		b->release = free;
		return b->p = reallocarray(NULL, 2, size);
	default:
		return b->p = b->release == free ? realloc(NULL, size)
						 : other_realloc(NULL, size);
	}
}

NOINLINE static void threads_free(struct block *b)
{
	b->release(b->p);
	__asm__ volatile("");
}

static void *work(void *arg)
{
	long n = operations / THREADS, i;
	unsigned int dice = 7919 * (unsigned int)(1 + (long)arg);
	struct block *mine;

	for (i = 0; i < n; i++) {
		/* The carriers are blocks as well. */
		mine = malloc(sizeof(*mine));
		must(mine);
		dice = dice * 1103515245 + 12345;
		if (bad && !arg && i == n / 2) {
			mine->p = threads_bad_alloc();
			mine->release = free;
		} else {
			must(allocate(dice >> 8, mine));
		}
		mine = __atomic_exchange_n(&ring[dice >> 20], mine,
					   __ATOMIC_ACQ_REL);
		if (mine) {
			threads_free(mine);
			free(mine);
		}
	}
	return NULL;
}

static void load(const char *file)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		die("%s", dlerror());
	*(void **)&other_malloc = dlsym(library, "malloc");
	*(void **)&other_calloc = dlsym(library, "calloc");
	*(void **)&other_realloc = dlsym(library, "realloc");
	*(void **)&other_free = dlsym(library, "free");
	must(other_malloc && other_calloc && other_realloc && other_free);
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];
	long i;

	if (argc < 3)
		die("usage: threads LIBRARY OPERATIONS [bad]");
	load(argv[1]);
	operations = atol(argv[2]);
	bad = argc > 3;
	for (i = 0; i < THREADS; i++)
		must(!pthread_create(&thread[i], NULL, work, (void *)i));
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < RING; i++) {
		if (!ring[i])
			continue;
		threads_free(ring[i]);
		free(ring[i]);
	}
	puts("threads: done");
	return 0;
}
