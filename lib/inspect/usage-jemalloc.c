/* SPDX-License-Identifier: MIT */
/*
 * What jemalloc has taken.  It maps its own books in base blocks, 2 MiB or a
 * multiple at such an address (src/base.c), each with its size, the one before,
 * and an extent that describes it.  An arena lies in the first block of its
 * base, and jemalloc's data leads to it; later blocks lead to that.  In the
 * books is one extent for each stretch
 * that it has taken for the program: address, and size with a serial number
 * below the page (struct edata_s; extent_s before 5.3).  Offline.
 */
#include "inspect/usage-internal.h"

#define BASE_ALIGN (2ull << 20)
#define BASE_MAX   (1ull << 32)
#define BLOCKS_MAX 4096

/* What looks like a base block. */
struct block {
	uint64_t at, size, next;
	int is_taken;
};

struct books {
	struct alck_usage *usage;
	int owner;
	uint64_t low, high; /* one base block */
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

static void take_books(struct alck_usage *u, int owner, struct block *block)
{
	uint64_t end = block->at + block->size;
	struct books b = {u, owner, block->at, end};

	block->is_taken = 1;
	alck_usage_give(u, block->at, end, ALCK_USE_ALLOCATOR, owner,
			"its books");
	alck_usage_each_word(u, block->at, end, is_extent, &b);
}

static size_t find_blocks(struct alck_usage *u, struct block *blocks)
{
	uint64_t words[5];
	size_t n = 0;

	for (size_t i = 0; i < u->nregions; i++) {
		const struct alck_region *r = &u->regions[i];
		uint64_t at = (r->low + BASE_ALIGN - 1) & ~(BASE_ALIGN - 1);

		if (!alck_usage_is_open(r) || !r->mapping->writable)
			continue;
		for (; at < r->high && n < BLOCKS_MAX; at += BASE_ALIGN)
			if (is_base_block(u, at, words))
				blocks[n++] = (struct block){at, words[0],
							     words[1], 0};
	}
	return n;
}

/* Does it lead to a block that was found to be one? */
static int leads_to_taken(const struct block *blocks, size_t n,
			  const struct block *block)
{
	for (size_t i = 0; i < n; i++)
		if (blocks[i].is_taken && blocks[i].at == block->next)
			return 1;
	return 0;
}

void alck_usage_jemalloc(struct alck_usage *u, int owner)
{
	struct block *blocks =
		alck_arena_alloc(&u->arena, BLOCKS_MAX * sizeof(*blocks));
	size_t n = blocks ? find_blocks(u, blocks) : 0;

	u->failed |= !blocks;
	for (size_t i = 0; i < n; i++) {
		struct books b = {u, owner, blocks[i].at,
				  blocks[i].at + blocks[i].size};

		if (alck_usage_each_datum(u, owner, points_there, &b))
			take_books(u, owner, &blocks[i]);
	}
	for (int more = 1; more;) {
		more = 0;
		for (size_t i = 0; i < n; i++)
			if (!blocks[i].is_taken &&
			    leads_to_taken(blocks, n, &blocks[i])) {
				take_books(u, owner, &blocks[i]);
				more = 1;
			}
	}
}
