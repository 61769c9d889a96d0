/* SPDX-License-Identifier: MIT */
/*
 * What jemalloc has taken.  It maps its own books in base blocks, 2 MiB or a
 * multiple at such an address (src/base.c), each with its size, the next one,
 * and an extent that describes it.  In the books is one extent for each stretch
 * that it has taken for the program: address, and size with a serial number
 * below the page (struct edata_s; extent_s before 5.3).  Offline.
 */
#include "inspect/usage-internal.h"

#define BASE_ALIGN (2ull << 20)
#define BASE_MAX   (1ull << 32)

struct books {
	struct alck_usage *usage;
	int owner;
	uint64_t low, high; /* one base block */
	int is_mine;
};

static int is_writable(const struct alck_usage *u, uint64_t addr)
{
	const struct alck_region *r = alck_usage_at(u, addr);

	return r && r->mapping->writable;
}

/* struct base_block_s: size, next, and the extent: bits, address, size. */
static int is_base_block(const struct alck_usage *u, uint64_t at,
			 uint64_t *words)
{
	uint64_t size;

	if (alck_memory_read_touched(u->memory, at, words, 40) != 40)
		return 0;
	size = words[0];
	return size >= BASE_ALIGN && size <= BASE_MAX && !(size % BASE_ALIGN) &&
	       !(words[1] % BASE_ALIGN) &&
	       (!words[1] || is_writable(u, words[1])) && words[3] > at &&
	       words[3] <= at + size && words[4] <= size;
}

/* A pointer of this jemalloc's into the block? */
static int points_there(uint64_t addr, const uint64_t *words, void *data)
{
	struct books *b = data;

	(void)addr;
	return words[0] >= b->low && words[0] < b->high;
}

/* An extent: the words are bits, its address, and its size.  A large one begins
 * somewhere in its first page (cache_oblivious), by cache lines. */
static int is_extent(uint64_t addr, const uint64_t *words, void *data)
{
	struct books *b = data;
	uint64_t low = words[1] & ~(ALCK_PAGE - 1);
	uint64_t size = words[2] & ~(ALCK_PAGE - 1);
	const struct alck_region *r;

	(void)addr;
	if (!words[0] || !low || words[1] % 64 || !size ||
	    size > BASE_MAX * 256)
		return 0;
	r = alck_usage_at(b->usage, low);
	if (!r || !alck_usage_is_open(r) ||
	    !alck_usage_is_mapped(b->usage, low, low + size))
		return 0;
	alck_usage_give(b->usage, low, low + size, ALCK_USE_ALLOCATOR, b->owner,
			"an extent in its books");
	return b->usage->failed;
}

static void take_books(struct alck_usage *u, int owner, uint64_t at,
		       uint64_t size)
{
	struct books b = {u, owner, at, at + size, 0};

	alck_usage_give(u, at, at + size, ALCK_USE_ALLOCATOR, owner,
			"its books");
	alck_usage_each_word(u, at, at + size, is_extent, &b);
}

void alck_usage_jemalloc(struct alck_usage *u, int owner)
{
	/* Books are given away as they are found, which moves regions. */
	uint64_t at = 0;
	size_t i = 0;

	while (i < u->nregions) {
		struct alck_region r = u->regions[i];
		struct books b = {u, owner, 0, 0, 0};
		uint64_t words[5];

		if (at < r.low)
			at = r.low;
		at = (at + BASE_ALIGN - 1) & ~(BASE_ALIGN - 1);
		if (!alck_usage_is_open(&r) || !r.mapping->writable ||
		    at >= r.high) {
			i++;
			continue;
		}
		if (is_base_block(u, at, words)) {
			b.low = at;
			b.high = at + words[0];
			if (alck_usage_each_datum(u, owner, points_there, &b))
				take_books(u, owner, at, words[0]);
		}
		at += BASE_ALIGN;
		for (i = 0; i < u->nregions && u->regions[i].high <= at;)
			i++;
	}
}
