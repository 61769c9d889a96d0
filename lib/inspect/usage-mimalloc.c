/* SPDX-License-Identifier: MIT */
/*
 * What mimalloc has taken up to its second version: segments at multiples of 32
 * MiB (4 MiB in its first version), each with a cookie in its header: its
 * address, mixed with a random number that is also in mimalloc's data
 * (_mi_ptr_cookie in its segment.c). Offline.
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/usage-internal.h"

#define SEGMENT	      (32ull << 20)
#define SEGMENT_SMALL (4ull << 20)
#define HEADER_WORDS  64
#define SMALLEST      (1ull << 32) /* of a random number */

struct search {
	uint64_t candidates[HEADER_WORDS];
	size_t n;
	uint64_t found;
};

static int is_cookie(uint64_t addr, const uint64_t *words, void *data)
{
	struct search *s = data;

	(void)addr;
	for (size_t i = 0; i < s->n; i++)
		if (words[0] == s->candidates[i]) {
			s->found = words[0];
			return 1;
		}
	return 0;
}

/* Is the number in OWNER's data with which a word of the header at LOW is mixed
 * from LOW itself?  Returns it, else 0. */
static uint64_t cookie_of(struct alck_usage *u, int owner, uint64_t low)
{
	struct search s = {.n = 0};
	uint64_t words[HEADER_WORDS];

	if (alck_memory_read_touched(u->memory, low, words, sizeof(words)) !=
	    sizeof(words))
		return 0;
	for (size_t i = 0; i < HEADER_WORDS; i++)
		if ((words[i] ^ low) > SMALLEST && words[i] > SMALLEST &&
		    !alck_usage_at(u, words[i] ^ low) &&
		    !alck_usage_at(u, words[i]))
			s.candidates[s.n++] = words[i] ^ low;
	if (s.n)
		alck_usage_each_datum(u, owner, is_cookie, &s);
	return s.found;
}

static int has_cookie(struct alck_usage *u, uint64_t low, uint64_t cookie)
{
	uint64_t words[HEADER_WORDS];

	if (alck_memory_read_touched(u->memory, low, words, sizeof(words)) !=
	    sizeof(words))
		return 0;
	for (size_t i = 0; i < HEADER_WORDS; i++)
		if ((words[i] ^ low) == cookie)
			return 1;
	return 0;
}

/* A block too large for a segment has one that is as long as it takes. */
static uint64_t end_of(struct alck_usage *u, uint64_t low, uint64_t step,
		       uint64_t cookie)
{
	const struct alck_mapping *m = alck_memory_mapping_at(u->memory, low);
	uint64_t end = low + step;

	while (m && end < m->high && !has_cookie(u, end, cookie))
		end += step;
	return m && end > m->high && end - step > low ? m->high : end;
}

void alck_usage_mimalloc(struct alck_usage *u, int owner)
{
	uint64_t cookie = 0, step = SEGMENT;

	for (size_t i = 0; i < u->nregions; i++) {
		struct alck_region r = u->regions[i];
		uint64_t at = (r.low + step - 1) & ~(step - 1);

		if (!alck_usage_is_open(&r) || !r.mapping->writable)
			continue;
		for (; at < r.high; at += step) {
			uint64_t end;

			if (!cookie)
				cookie = cookie_of(u, owner, at);
			if (!cookie || !has_cookie(u, at, cookie))
				continue;
			end = end_of(u, at, step, cookie);
			alck_usage_give(u, at, end, ALCK_USE_ALLOCATOR, owner,
					"a segment's cookie");
			at = end - step;
		}
	}
}
