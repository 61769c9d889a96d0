/* SPDX-License-Identifier: MIT */
/*
 * A program with an allocator linked into it; the tests link it in several
 * ways.  OWN(malloc) is that allocator's, where it has names of its own.
 *
 *	linked work		every entry, in eight threads; all is right
 *	linked take		frees what libc handed out
 *	linked give		has libc reallocate what it handed out
 *	linked twice		frees a block twice
 *	linked own_to_plain	frees an OWN block by free
 *	linked plain_to_own	and the reverse
 *
 * With the allocator hidden, take and give are faults; else they are not.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

#include "common.h"

#define THREADS 8
#define ROUNDS	200
#define BLOCKS	64

#ifdef OWN_PREFIX
#define JOIN(a, b)  a##b
#define NAME(a, b)  JOIN(a, b)
#define OWN(name)   NAME(OWN_PREFIX, name)
#define HAS_ALIGNED 0
void *OWN(malloc)(size_t size);
void *OWN(calloc)(size_t count, size_t size);
void *OWN(realloc)(void *p, size_t size);
void OWN(free)(void *p);
#else
#define OWN(name) name
#ifdef FOUR /* it has malloc, calloc, realloc and free alone */
#define HAS_ALIGNED 0
#else
#define HAS_ALIGNED 1
#endif
#endif

static void *aligned(unsigned int kind, size_t size)
{
	void *p = NULL;

	switch (kind % 4) {
	case 0:
		return memalign(64, size);
	case 1:
		return aligned_alloc(64, (size + 63) & ~(size_t)63);
	case 2:
		return valloc(size);
	default:
		must(!posix_memalign(&p, 64, size));
		return p;
	}
}

static void *get(unsigned int kind, size_t size)
{
	switch (kind % 8) {
	case 0:
	case 1:
	case 2:
		return OWN(malloc)(size);
	case 3:
	case 4:
		return OWN(calloc)(1, size);
	case 5:
		return OWN(realloc)(OWN(malloc)(8), size);
	default:
		return HAS_ALIGNED ? aligned(kind / 8, size)
				   : OWN(malloc)(size);
	}
}

static void *worker(void *unused)
{
	unsigned char *p[BLOCKS];
	size_t size[BLOCKS];
	uintptr_t sum = 0;

	for (unsigned int r = 0; r < ROUNDS; r++) {
		for (unsigned int i = 0; i < BLOCKS; i++) {
			size[i] = (i * 37 + r * 11) % 3000 + 1;
			p[i] = opaque(get(i + r, size[i]));
			must(p[i]);
			memset(p[i], (int)i, size[i]);
		}
		for (unsigned int i = 0; i < BLOCKS; i += 3) {
			p[i] = opaque(OWN(realloc)(p[i], size[i] + 100));
			must(p[i]);
		}
		for (unsigned int i = 0; i < BLOCKS; i++) {
			must(p[i][0] == (unsigned char)i &&
			     p[i][size[i] - 1] == (unsigned char)i);
			sum += size[i];
			OWN(free)(p[i]);
		}
	}
	OWN(free)(NULL);
	(void)unused;
	return (void *)sum;
}

static void work(void)
{
	pthread_t thread[THREADS];
	uintptr_t sum = 0;
	void *one;

	for (int i = 0; i < THREADS; i++)
		must(!pthread_create(&thread[i], NULL, worker, NULL));
	for (int i = 0; i < THREADS; i++) {
		must(!pthread_join(thread[i], &one));
		sum += (uintptr_t)one;
	}
	printf("linked: %zu bytes\n", (size_t)sum);
}

NOINLINE static void linked_free(void *p)
{
	OWN(free)(opaque(p));
	__asm__ volatile("");
}

NOINLINE static void *linked_malloc(size_t size)
{
	return opaque(OWN(malloc)(size));
}

NOINLINE static void linked_take(void)
{
	linked_free(strdup("a text of libc's"));
	__asm__ volatile("");
}

NOINLINE static void linked_give(void)
{
	char *line = linked_malloc(1);
	size_t size = 1;
	FILE *f = fopen("/proc/self/maps", "r");

	must(f && getline(&line, &size, f) > 0);
	fclose(f);
	/* Whoever it belongs to now: the test looks at the first step. */
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	void *p;

	if (!strcmp(what, "work")) {
		work();
	} else if (!strcmp(what, "take")) {
		linked_take();
	} else if (!strcmp(what, "give")) {
		linked_give();
	} else if (!strcmp(what, "twice")) {
		p = linked_malloc(40);
		linked_free(p);
		linked_free(p);
	} else if (!strcmp(what, "own_to_plain")) {
		/* An allocator without a name is one when it has made a block.
		 */
		free(opaque(malloc(10)));
		free(linked_malloc(40));
	} else if (!strcmp(what, "plain_to_own")) {
		linked_free(malloc(40));
	} else {
		die("usage: linked work|take|give|twice|own_to_plain|"
		    "plain_to_own");
	}
	puts("linked: still alive");
	return 0;
}
