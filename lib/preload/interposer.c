/* SPDX-License-Identifier: MIT */
/*
 * The interposer: the C malloc family as the global scope sees it.
 *
 * The exported functions stand in thunks-*.S and jump by this table, each to
 * its own next definition: pvalloc's may be libc's while malloc's is
 * jemalloc's, and that is a finding (T5), not something to be smoothed over.
 * An exported function is the thunk of that definition, so that &free is one
 * address for the program and for dlsym.
 */
#include <errno.h>

#include "preload/entries.h"
#include "preload/page-table.h"
#include "preload/providers.h"

void *malloc(size_t size);
void free(void *p);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **out, size_t alignment, size_t size);
void *valloc(size_t size);
void *pvalloc(size_t size);
size_t malloc_usable_size(void *p);

/* Where nobody defines the name: no memory, and nothing to free. */
static uintptr_t no_memory(void)
{
	errno = ENOMEM;
	return 0;
}

static uintptr_t no_memory_out(void)
{
	return ENOMEM;
}

static uintptr_t nothing(void)
{
	return 0;
}

static struct alck_entry missing = {.handler = (void *)no_memory};
static struct alck_entry missing_out = {.handler = (void *)no_memory_out};
static struct alck_entry missing_free = {.handler = (void *)nothing};

/* In thunks-*.S. */
#define LEADS(name) extern void alck_next_##name(void) ALCK_HIDDEN
LEADS(malloc);
LEADS(free);
LEADS(calloc);
LEADS(realloc);
LEADS(memalign);
LEADS(aligned_alloc);
LEADS(posix_memalign);
LEADS(valloc);
LEADS(pvalloc);
LEADS(malloc_usable_size);

static void *const exported[] = {
	/* by place in alck_rows_c */
	[0] = (void *)malloc,	      [1] = (void *)free,
	[2] = (void *)calloc,	      [3] = (void *)realloc,
	[4] = (void *)memalign,	      [5] = (void *)aligned_alloc,
	[6] = (void *)posix_memalign, [7] = (void *)valloc,
	[8] = (void *)pvalloc,	      [13] = (void *)malloc_usable_size,
};

#define EXPORTED (sizeof(exported) / sizeof(exported[0]))

/* What leads to any handler, for those that may go to a placed one. */
static void *const leads[EXPORTED] = {
	[0] = (void *)alck_next_malloc,
	[1] = (void *)alck_next_free,
	[2] = (void *)alck_next_calloc,
	[3] = (void *)alck_next_realloc,
	[13] = (void *)alck_next_malloc_usable_size,
};

static int mixed;

#define NEXT(name, without, answer)                                     \
	{                                                               \
		.entry = &(without), .first = (void *)alck_next_##name, \
		.handler = (void *)(answer)                             \
	}

struct alck_next alck_next[EXPORTED] = {
	[0] = NEXT(malloc, missing, no_memory),
	[1] = NEXT(free, missing_free, nothing),
	[2] = NEXT(calloc, missing, no_memory),
	[3] = NEXT(realloc, missing, no_memory),
	[4] = NEXT(memalign, missing, no_memory),
	[5] = NEXT(aligned_alloc, missing, no_memory),
	[6] = NEXT(posix_memalign, missing_out, no_memory_out),
	[7] = NEXT(valloc, missing, no_memory),
	[8] = NEXT(pvalloc, missing, no_memory),
	[13] = NEXT(malloc_usable_size, missing_free, nothing),
};

_Static_assert(sizeof(struct alck_next) == 40, "known to thunks-*.S");

void alck_interposer_bind(void)
{
	for (unsigned int i = 0; i < EXPORTED; i++) {
		struct alck_entry *next;

		if (!exported[i])
			continue;
		next = alck_provider_next(i);
		if (!next)
			continue;
		alck_next[i].entry = next;
		alck_next[i].handler = alck_entry_direct(next);
		alck_next[i].real = next->real;
		alck_next[i].page = next->page;
		if (leads[i]) {
			void *placed =
				mixed ? NULL : alck_entry_placed(next, i);

			alck_next[i].first = placed ? placed : leads[i];
		}
		/* The program and what is preloaded before us are not behind
		 * us: their own next definition may be ours. */
		if (next == alck_global[i])
			next->address = (uintptr_t)exported[i];
	}
}

void alck_interposer_mix(void)
{
	if (!alck_by_page)
		return;
	mixed = 1;
	for (unsigned int i = 0; i < EXPORTED; i++)
		if (leads[i])
			__atomic_store_n(&alck_next[i].first, leads[i],
					 __ATOMIC_RELEASE);
}

void alck_interposer_follow(const struct alck_entry *e)
{
	for (unsigned int i = 0; i < EXPORTED; i++)
		if (alck_next[i].entry == e)
			__atomic_store_n(&alck_next[i].real, e->real,
					 __ATOMIC_RELEASE);
}
