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

static const struct {
	void *function;
	struct alck_entry *missing;
} exported[] = {
	/* by place in alck_rows_c */
	[0] = {(void *)malloc, &missing},
	[1] = {(void *)free, &missing_free},
	[2] = {(void *)calloc, &missing},
	[3] = {(void *)realloc, &missing},
	[4] = {(void *)memalign, &missing},
	[5] = {(void *)aligned_alloc, &missing},
	[6] = {(void *)posix_memalign, &missing_out},
	[7] = {(void *)valloc, &missing},
	[8] = {(void *)pvalloc, &missing},
	[13] = {(void *)malloc_usable_size, &missing_free},
};

#define EXPORTED (sizeof(exported) / sizeof(exported[0]))

#define MEMORY                              \
	{                                   \
		&missing, (void *)no_memory \
	}
#define MEMORY_OUT                                  \
	{                                           \
		&missing_out, (void *)no_memory_out \
	}
#define NOTHING                                \
	{                                      \
		&missing_free, (void *)nothing \
	}

struct alck_next alck_next[EXPORTED] = {
	[0] = MEMORY, [1] = NOTHING,  [2] = MEMORY,	[3] = MEMORY,
	[4] = MEMORY, [5] = MEMORY,   [6] = MEMORY_OUT, [7] = MEMORY,
	[8] = MEMORY, [13] = NOTHING,
};

void alck_interposer_bind(void)
{
	for (unsigned int i = 0; i < EXPORTED; i++) {
		struct alck_entry *next;

		if (!exported[i].function)
			continue;
		next = alck_provider_next(i);
		if (!next)
			continue;
		alck_next[i].entry = next;
		alck_next[i].direct = alck_entry_direct(next);
		/* The program and what is preloaded before us are not behind
		 * us: their own next definition may be ours. */
		if (next == alck_global[i])
			next->address = (uintptr_t)exported[i].function;
	}
}
