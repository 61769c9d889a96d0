/* SPDX-License-Identifier: MIT */
/*
 * What mimalloc has taken since its third version, which has no segments:
 *
 * - arenas, at multiples of 64 KiB (mi_arena_t in its arena.c).  One begins
 * with where its memory comes from, a pointer back to the subprocess in
 * mimalloc's data, how many slices of 64 KiB it has and how many of them are
 * its own books; and pointers to those.  The subprocess has a list of them.
 * - pages of their own, for large blocks.  They are in the page map, which has
 * a word for each slice of the address space, in two steps (page-map.c): of the
 *   first 8,192 slices the words lie behind the map, and the very first leads
 *   into mimalloc's data.  A page has its memory's address and size in its
 *   header (mi_memid_t).
 *
 * Offline.
 */
#include "inspect/usage-internal.h"

#define SLICE	     (64ull << 10)
#define SLICES_MAX   (1ull << 24) /* a terabyte */
#define HEADER_WORDS 32
#define SUB_WORDS    8192ull
#define MAP_MAX	     (2ull << 20) /* for 47 bits of address */

struct search {
	struct alck_usage *usage;
	int owner;
	uint64_t index; /* of the first word of the part that is looked at */
	uint64_t low;	/* and where that lies */
};

static int is_own(const struct search *s, uint64_t addr)
{
	const struct alck_usage_object *o = &s->usage->objects[s->owner];

	return addr >= o->low && addr < o->high;
}

static int is_taken(const struct alck_usage *u, uint64_t addr)
{
	const struct alck_region *r = alck_usage_at(u, addr);

	return r && alck_usage_is_open(r) && r->mapping->writable;
}

/* WORDS of a header at LOW, from the number of slices on. */
static int are_slices(const struct search *s, uint64_t low,
		      const uint64_t *words)
{
	uint64_t slices = words[0], books = words[1];
	int inside = 0;

	if (!slices || slices > SLICES_MAX || !books || books > slices ||
	    !alck_usage_is_mapped(s->usage, low, low + slices * SLICE))
		return 0;
	for (int i = 2; i < 12; i++)
		inside += words[i] > low && words[i] < low + books * SLICE;
	return inside >= 3;
}

static void take_arena(struct search *s, uint64_t low)
{
	uint64_t words[HEADER_WORDS];

	if (alck_memory_read(s->usage->memory, low, words, sizeof(words)))
		return;
	/* The subprocess; in later versions a number follows it. */
	for (int i = 3; i <= 4; i++)
		for (int k = i + 1; is_own(s, words[i]) && k <= i + 2; k++)
			if (are_slices(s, low, words + k)) {
				alck_usage_give(s->usage, low,
						low + words[k] * SLICE,
						ALCK_USE_ALLOCATOR, s->owner,
						"an arena in its list");
				return;
			}
}

/* ------------------------------------------------------------ the page map */

/* The memory that the page with its header at PAGE has of its own. */
static void take_page(struct search *s, uint64_t page)
{
	uint64_t w[HEADER_WORDS];

	if (alck_memory_read(s->usage->memory, page, w, sizeof(w)))
		return;
	for (int i = 8; i + 1 < HEADER_WORDS; i++)
		if (w[i] && !(w[i] % ALCK_PAGE) && w[i] <= page &&
		    page - w[i] < 64 * SLICE && w[i + 1] >= SLICE &&
		    !(w[i + 1] % ALCK_PAGE) && w[i + 1] < SLICES_MAX * SLICE &&
		    w[i] + w[i + 1] > page &&
		    alck_usage_is_mapped(s->usage, w[i], w[i] + w[i + 1])) {
			alck_usage_give(s->usage, w[i], w[i] + w[i + 1],
					ALCK_USE_ALLOCATOR, s->owner,
					"a page in its map");
			return;
		}
}

/* A word of the second step: the page that a slice is in. */
static int take_slice(uint64_t addr, const uint64_t *words, void *data)
{
	struct search *s = data;
	uint64_t slice = (s->index * SUB_WORDS + (addr - s->low) / 8) * SLICE;

	if (!words[0] || !is_taken(s->usage, slice))
		return 0;
	if (words[0] == slice)
		take_page(s, slice);
	alck_usage_give(s->usage, slice, slice + SLICE, ALCK_USE_ALLOCATOR,
			s->owner, "a page in its map");
	return s->usage->failed;
}

/* And one of the first: where the words of 8,192 slices are. */
static int take_sub(uint64_t addr, const uint64_t *words, void *data)
{
	const struct search *map = data;
	struct search sub = *map;

	sub.index = (addr - map->low) / 8;
	sub.low = words[0];
	if (!words[0] || !sub.index || words[0] % ALCK_PAGE ||
	    !alck_usage_is_mapped(map->usage, words[0],
				  words[0] + 8 * SUB_WORDS))
		return 0;
	alck_usage_each_word(sub.usage, sub.low, sub.low + 8 * SUB_WORDS,
			     take_slice, &sub);
	alck_usage_give(sub.usage, sub.low, sub.low + 8 * SUB_WORDS,
			ALCK_USE_ALLOCATOR, sub.owner, "its page map");
	return sub.usage->failed;
}

static void take_map(struct search *s, uint64_t map)
{
	uint64_t first, empty, size;

	if (alck_memory_read(s->usage->memory, map, &first, sizeof(first)) ||
	    first <= map || (first - map) % ALCK_PAGE)
		return;
	size = first - map;
	if (size > MAP_MAX || (size & (size - 1)) ||
	    alck_memory_read(s->usage->memory, first, &empty, sizeof(empty)) ||
	    !is_own(s, empty))
		return;
	s->low = map;
	alck_usage_each_word(s->usage, map, first, take_sub, s);
	alck_usage_give(s->usage, map, first + ALCK_PAGE, ALCK_USE_ALLOCATOR,
			s->owner, "its page map");
}

static int look(uint64_t addr, const uint64_t *words, void *data)
{
	struct search *s = data;

	(void)addr;
	if (!words[0] || words[0] % ALCK_PAGE || !is_taken(s->usage, words[0]))
		return 0;
	if (!(words[0] % SLICE))
		take_arena(s, words[0]);
	if (is_taken(s->usage, words[0]))
		take_map(s, words[0]);
	return s->usage->failed;
}

void alck_usage_mimalloc_3(struct alck_usage *u, int owner)
{
	struct search s = {.usage = u, .owner = owner};

	alck_usage_each_datum(u, owner, look, &s);
}
