/* SPDX-License-Identifier: MIT */
/*
 * What glibc's ptmalloc has taken: its main heap, the heaps of its other
 * arenas, and blocks with a mapping of their own.  Offline.
 *
 * A heap is followed from chunk to chunk (malloc/malloc.c, struct
 * malloc_chunk): a word for the size of the one before, a word for its own with
 * three flags, the block.  It is ptmalloc's where that leads from its beginning
 * to its very end.
 */
#include <stddef.h>
#include <string.h>

#include "inspect/usage-internal.h"

#define PREV_INUSE     1ull
#define IS_MMAPPED     2ull
#define NON_MAIN_ARENA 4ull
#define SIZE_BITS      7ull
#define HEADER	       16ull
#define MINSIZE	       32ull
/* Heaps but the main one begin at multiples of this (malloc/arena.c,
 * HEAP_MAX_SIZE), and the first of an arena has the arena in it. */
#define HEAP_MAX_SIZE (64ull << 20)
#define ARENA_MAX     4096ull /* struct malloc_state is about 2,200 bytes */
/* Chunks are looked at one by one only up to this. */
#define CHUNKS_MAX (64u << 20)
/* Pages of unknown memory that are looked at for a chunk. */
#define LOOKED_MAX (1u << 16)

/* struct heap_info; a page size and padding follow since 2.35. */
struct heap_info {
	uint64_t arena, prev, size, mprotect_size;
};

/* Reads a few words now and then, from an advancing window. */
struct window {
	struct alck_memory *memory;
	uint64_t low, high;
	uint64_t words[8192];
};

static int word_at(struct window *w, uint64_t addr, uint64_t *word)
{
	if (addr < w->low || addr + 8 > w->high) {
		w->low = addr & ~(ALCK_PAGE - 1);
		w->high = w->low + alck_memory_read_touched(w->memory, w->low,
							    w->words,
							    sizeof(w->words));
		if (addr + 8 > w->high)
			return -1;
	}
	*word = w->words[(addr - w->low) / 8];
	return 0;
}

static void note_chunk(struct alck_usage_heap *h, uint64_t chunk, uint64_t size,
		       int is_used)
{
	if (!is_used) {
		h->free += size;
		return;
	}
	h->used += size;
	h->used_blocks++;
	h->pin = chunk + HEADER;
	h->pin_size = size - 8;
}

/* Follows H from CHUNK to its end.  Returns NULL, or why that did not work. */
static const char *follow(struct window *w, struct alck_usage_heap *h,
			  uint64_t chunk, uint64_t flag)
{
	uint64_t word, next, size;

	for (uint32_t n = 0; n < CHUNKS_MAX; n++) {
		if (word_at(w, chunk + 8, &word))
			return "it cannot be read";
		size = word & ~SIZE_BITS;
		if (size && chunk + size == h->high &&
		    (word & SIZE_BITS) == PREV_INUSE) {
			h->top = size;
			return NULL;
		}
		/* What is left at the end of a heap that has a next one. */
		if (size == HEADER && chunk + 2 * HEADER == h->high)
			return NULL;
		if (size < MINSIZE || size % 16 || size > h->high - chunk)
			return "a chunk has a size that does not fit";
		if (word_at(w, chunk + size + 8, &next))
			return "it cannot be read";
		/* Free ones have no flag of their arena. */
		if ((next & PREV_INUSE) &&
		    (word & (IS_MMAPPED | NON_MAIN_ARENA)) != flag)
			return "a chunk has flags that do not fit";
		note_chunk(h, chunk, size, (next & PREV_INUSE) != 0);
		chunk += size;
	}
	return "it has too many chunks";
}

/* ------------------------------------------------------------- the main heap
 */

/* A live process' mapping has the kernel's name; a core tells no names. */
static int is_named(const struct alck_usage *u)
{
	for (size_t i = 0; i < u->nregions; i++)
		if (!strcmp(u->regions[i].mapping->path, "[heap]"))
			return 1;
	return 0;
}

static void main_heap(struct alck_usage *u, int owner, struct window *w)
{
	const char *name = is_named(u) ? "[heap]" : "";

	for (size_t i = 0; i < u->nregions; i++) {
		struct alck_region r = u->regions[i];
		struct alck_usage_heap h = {.low = r.low,
					    .high = r.high,
					    .owner = owner,
					    .resident = -1};
		struct alck_usage_heap *kept;

		if (!alck_usage_is_open(&r) || !r.mapping->writable ||
		    strcmp(r.mapping->path, name) || follow(w, &h, r.low, 0) ||
		    !h.used_blocks)
			continue;
		kept = alck_usage_add_heap(u);
		if (!kept)
			return;
		*kept = h;
		alck_usage_give(u, r.low, r.high, ALCK_USE_ALLOCATOR, owner,
				"a chain of chunks");
	}
}

/* ------------------------------------------------------- heaps of the others
 */

static int is_heap(struct alck_usage *u, uint64_t low,
		   const struct heap_info *info)
{
	uint64_t sizes = info->size | info->mprotect_size;

	return !(sizes % ALCK_PAGE) && info->size >= ALCK_PAGE &&
	       info->size <= info->mprotect_size &&
	       info->mprotect_size <= HEAP_MAX_SIZE &&
	       !(info->prev % HEAP_MAX_SIZE) && !(info->arena % 16) &&
	       (info->prev ? alck_usage_at(u, info->prev) != NULL
			   : info->arena > low && info->arena < low + 128);
}

/* The first chunk lies behind the arena, whose size differs by version. */
static const char *follow_heap(struct window *w, struct alck_usage_heap *h,
			       const struct heap_info *info)
{
	uint64_t low = h->low,
		 from = info->prev ? low + 32 : info->arena + 1024;
	uint64_t to = info->prev ? low + 128 : info->arena + ARENA_MAX;
	const char *why = "it is not begun yet";

	for (; from < to; from += 16) {
		struct alck_usage_heap tried = *h;

		why = follow(w, &tried, from, NON_MAIN_ARENA);
		if (!why) {
			*h = tried;
			return NULL;
		}
	}
	return why;
}

static void other_heap(struct alck_usage *u, int owner, struct window *w,
		       uint64_t low)
{
	struct heap_info info;
	struct alck_usage_heap *h;

	if (alck_memory_read(u->memory, low, &info, sizeof(info)) ||
	    !is_heap(u, low, &info))
		return;
	h = alck_usage_add_heap(u);
	if (!h)
		return;
	h->low = low;
	h->high = low + info.size;
	h->arena = info.arena;
	h->owner = owner;
	h->why = follow_heap(w, h, &info);
	alck_usage_give(u, low, low + HEAP_MAX_SIZE, ALCK_USE_ALLOCATOR, owner,
			"a heap of 64 MiB");
}

static void other_heaps(struct alck_usage *u, int owner, struct window *w)
{
	size_t n = u->nregions;

	for (size_t i = 0; i < n && n == u->nregions; i++) {
		struct alck_region r = u->regions[i];
		uint64_t at =
			(r.low + HEAP_MAX_SIZE - 1) & ~(HEAP_MAX_SIZE - 1);

		if (!alck_usage_is_open(&r) || !r.mapping->writable)
			continue;
		for (; at < r.high; at += HEAP_MAX_SIZE)
			other_heap(u, owner, w, at);
		/* What was cut counts anew. */
		n = u->nregions;
		while (i + 1 < n && u->regions[i].high < r.high)
			i++;
	}
}

/* ------------------------------------------- blocks with their own mapping
 */

/* The size of the one whose chunk is at AT, 0 where none is. */
static uint64_t own_mapping(struct window *w, uint64_t at, uint64_t high)
{
	uint64_t before, size;

	if (word_at(w, at, &before) || word_at(w, at + 8, &size) || before ||
	    (size & SIZE_BITS) != IS_MMAPPED)
		return 0;
	size &= ~SIZE_BITS;
	return size % ALCK_PAGE || size < 2 * ALCK_PAGE || size > high - at
		       ? 0
		       : size;
}

/* The kernel joins mappings that meet: one may lie behind another's. */
static void own_mappings(struct alck_usage *u, int owner, struct window *w)
{
	uint64_t looked = 0;

	for (size_t i = 0; i < u->nregions; i++) {
		struct alck_region r = u->regions[i];
		uint64_t at, size;

		if (!alck_usage_is_open(&r) || !r.mapping->writable)
			continue;
		for (at = r.low; at < r.high; at += size ? size : ALCK_PAGE) {
			size = own_mapping(w, at, r.high);
			if (size)
				alck_usage_give(
					u, at, at + size, ALCK_USE_ALLOCATOR,
					owner,
					"a block with a mapping of its own");
			else if (looked++ > LOOKED_MAX)
				break;
		}
		while (i + 1 < u->nregions && u->regions[i].high < r.high)
			i++;
	}
}

void alck_usage_ptmalloc(struct alck_usage *u, int owner)
{
	struct window w = {.memory = u->memory, .low = 1, .high = 0};

	main_heap(u, owner, &w);
	other_heaps(u, owner, &w);
	own_mappings(u, owner, &w);
}
