/* SPDX-License-Identifier: MIT */
/*
 * What growth real allocators ask of the table: threads allocate and free
 * blocks of mixed sizes (64 bytes in the mean, one of two hundred up to 4 KiB),
 * three times as many as they free, so that the heap grows all the time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "growth-figures.h"
#include "growth-heaps.h"
#include "preload/owner-word.h"

const struct heap heaps[] = {
	{"ptmalloc", "libc.so", NULL, NULL},
	{"one arena", "libc.so", NULL, "glibc.malloc.arena_max=1"},
	{"jemalloc", "libjemalloc.so", "libjemalloc.so.2", NULL},
	{"tcmalloc", "libtcmalloc", "libtcmalloc_minimal.so.4", NULL},
	{"mimalloc", "libmimalloc", "libmimalloc.so.2", NULL},
	{NULL, NULL, NULL, NULL},
};

static long blocks_each;

static size_t some_size(struct worker *w)
{
	uint64_t r = random_number(w);

	if (r % 200 == 0)
		return 1 + r / 200 % 4096;
	if (r % 10 == 0)
		return 1 + r / 200 % 256;
	return 1 + r / 200 % 95;
}

static void *grow_heap(void *arg)
{
	struct worker *w = arg;
	long n = 0, made = 0;
	char **live;

	live = room_for((size_t)blocks_each * sizeof(*live));
	while (made < blocks_each) {
		uint64_t r = random_number(w);
		size_t size;

		if (n && r % 4 == 0) {
			char **at = &live[r / 4 % (uint64_t)n];

			take(w, (uintptr_t)*at);
			free(*at);
			*at = live[--n];
			continue;
		}
		size = some_size(w);
		live[n] = malloc(size);
		if (!live[n])
			abort();
		*live[n] = 1;
		install(w, (uintptr_t)live[n++], size);
		made++;
	}
	return NULL;
}

int heap_row(const struct heap *heap, unsigned n, long blocks)
{
	void *theirs = dlsym(RTLD_DEFAULT, "malloc");
	Dl_info whose;

	if (!theirs || !dladdr(theirs, &whose) ||
	    !strstr(whose.dli_fname, heap->library)) {
		printf("%-12s is not installed\n", heap->name);
		return 0;
	}
	/* As the preload library has it: no two of ptmalloc's blocks begin
	 * within 32 bytes. */
	if (!heap->preload)
		alck_table_wide = UINT32_MAX;
	blocks_each = blocks / n;
	prepare(n);
	return !print_growth(heap->name, run(grow_heap));
}

void exec_heap_row(const struct heap *heap, unsigned n, long blocks)
{
	char number[24], count[24];

	snprintf(number, sizeof(number), "%u", n);
	snprintf(count, sizeof(count), "%ld", blocks);
	if (heap->preload)
		setenv("LD_PRELOAD", heap->preload, 1);
	else
		unsetenv("LD_PRELOAD");
	if (heap->tunables)
		setenv("GLIBC_TUNABLES", heap->tunables, 1);
	execl("/proc/self/exe", "growth", "heap", heap->name, number, count,
	      (char *)NULL);
	_exit(99);
}
