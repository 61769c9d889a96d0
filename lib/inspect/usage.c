/* SPDX-License-Identifier: MIT */
/* Whose memory is it: see usage.h.  Offline. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/usage-internal.h"

/* Of thread-local storage, and what ld.so maps with it. */
#define FIRST_MAX (16ull << 20)

static const char *const use_names[ALCK_USES] = {
	[ALCK_USE_UNKNOWN] = "unknown",
	[ALCK_USE_ALLOCATOR] = "allocator",
	[ALCK_USE_STACK] = "thread stacks",
	[ALCK_USE_FILE] = "files",
	[ALCK_USE_KERNEL] = "kernel",
	[ALCK_USE_OBSERVER] = "alloccheck itself",
};

const char *alck_usage_name(enum alck_use use)
{
	return use_names[use];
}

/* --------------------------------------------------------------- the regions
 */

int alck_usage_is_reserved(const struct alck_mapping *m)
{
	return !m->readable && !m->writable && !m->executable;
}

int alck_usage_is_open(const struct alck_region *r)
{
	return r->use == ALCK_USE_UNKNOWN &&
	       (r->mapping->writable || alck_usage_is_reserved(r->mapping));
}

static int make_room(struct alck_usage *u, size_t more)
{
	struct alck_region *grown;
	size_t room;

	if (u->nregions + more <= u->room)
		return 0;
	room = 2 * (u->nregions + more);
	grown = realloc(u->regions, room * sizeof(*grown));
	if (!grown) {
		u->failed = 1;
		return -1;
	}
	u->regions = grown;
	u->room = room;
	return 0;
}

static size_t place_of(const struct alck_usage *u, uint64_t addr)
{
	size_t low = 0, high = u->nregions;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (u->regions[mid].high <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct alck_region *alck_usage_at(const struct alck_usage *u, uint64_t addr)
{
	size_t i = place_of(u, addr);

	return i < u->nregions && u->regions[i].low <= addr ? &u->regions[i]
							    : NULL;
}

int alck_usage_is_mapped(const struct alck_usage *u, uint64_t low,
			 uint64_t high)
{
	const struct alck_mapping *m;

	for (; low < high; low = m->high) {
		m = alck_memory_mapping_at(u->memory, low);
		if (!m)
			return 0;
	}
	return 1;
}

/* Cuts region I in two at AT, which lies inside. */
static int cut(struct alck_usage *u, size_t i, uint64_t at)
{
	if (make_room(u, 1))
		return -1;
	memmove(&u->regions[i + 1], &u->regions[i],
		(u->nregions - i) * sizeof(*u->regions));
	u->nregions++;
	u->regions[i].high = at;
	u->regions[i + 1].low = at;
	return 0;
}

static int are_one(const struct alck_region *a, const struct alck_region *b)
{
	return a->high == b->low && a->mapping == b->mapping &&
	       a->use == b->use && a->owner == b->owner && a->proof == b->proof;
}

static int join(struct alck_usage *u, size_t i)
{
	if (!are_one(&u->regions[i], &u->regions[i + 1]))
		return 0;
	u->regions[i].high = u->regions[i + 1].high;
	u->nregions--;
	memmove(&u->regions[i + 1], &u->regions[i + 2],
		(u->nregions - i - 1) * sizeof(*u->regions));
	return 1;
}

static void cut_at(struct alck_usage *u, uint64_t at)
{
	size_t i = place_of(u, at);

	if (i < u->nregions && u->regions[i].low < at &&
	    alck_usage_is_open(&u->regions[i]))
		cut(u, i, at);
}

void alck_usage_give(struct alck_usage *u, uint64_t low, uint64_t high,
		     enum alck_use use, int owner, const char *proof)
{
	size_t i;

	cut_at(u, low);
	cut_at(u, high);
	for (i = place_of(u, low); i < u->nregions && u->regions[i].low < high;
	     i++) {
		struct alck_region *r = &u->regions[i];

		if (!alck_usage_is_open(r) || r->low < low || r->high > high)
			continue;
		r->use = use;
		r->owner = owner;
		r->proof = proof;
	}
	i = place_of(u, low);
	i -= i > 0;
	while (i + 1 < u->nregions && u->regions[i].low < high)
		if (!join(u, i))
			i++;
}

static void add_mapping(struct alck_usage *u, const struct alck_mapping *m)
{
	struct alck_region *r;

	if (make_room(u, 1))
		return;
	r = &u->regions[u->nregions++];
	*r = (struct alck_region){.low = m->low,
				  .high = m->high,
				  .mapping = m,
				  .owner = ALCK_USAGE_NOBODY,
				  .proof = "",
				  .resident = -1};
	if (!strncmp(m->path, "[stack", 6)) {
		r->use = ALCK_USE_STACK;
		r->proof = "the kernel's name for it";
	} else if (m->path[0] == '/') {
		r->use = ALCK_USE_FILE;
	} else if (!strcmp(m->path, "[vdso]") || !strcmp(m->path, "[vvar]") ||
		   !strncmp(m->path, "[vsyscall", 9) ||
		   !strncmp(m->path, "[vvar_", 6) ||
		   !strcmp(m->path, "[uprobes]")) {
		r->use = ALCK_USE_KERNEL;
	}
}

struct alck_usage_heap *alck_usage_add_heap(struct alck_usage *u)
{
	struct alck_usage_heap *grown;

	if (u->nheaps == u->heap_room) {
		size_t room = u->heap_room ? 2 * u->heap_room : 16;

		grown = realloc(u->heaps, room * sizeof(*grown));
		if (!grown) {
			u->failed = 1;
			return NULL;
		}
		u->heaps = grown;
		u->heap_room = room;
	}
	memset(&u->heaps[u->nheaps], 0, sizeof(*u->heaps));
	u->heaps[u->nheaps].resident = -1;
	return &u->heaps[u->nheaps++];
}

/* ---------------------------------------------------------- looking at words
 */

int alck_usage_each_word(struct alck_usage *u, uint64_t low, uint64_t high,
			 int (*visit)(uint64_t addr, const uint64_t *words,
				      void *data),
			 void *data)
{
	enum { BLOCK = 65536 };
	uint64_t buf[BLOCK / 8 + ALCK_USAGE_WORDS];
	int status = 0;

	for (low &= ~7ull; low < high && !status; low += BLOCK) {
		size_t want = high - low < BLOCK ? high - low : BLOCK;
		size_t got = alck_memory_read_touched(
			u->memory, low, buf, want + 8 * ALCK_USAGE_WORDS);

		memset((char *)buf + got, 0, sizeof(buf) - got);
		if (got > want)
			got = want;
		for (size_t i = 0; i < got / 8 && !status; i++)
			status = visit(low + 8 * i, buf + i, data);
	}
	return status;
}

int alck_usage_each_datum(struct alck_usage *u, int owner,
			  int (*visit)(uint64_t addr, const uint64_t *words,
				       void *data),
			  void *data)
{
	const struct alck_usage_object *p = &u->objects[owner];
	const struct alck_mapping *m;
	size_t n = alck_memory_mappings(u->memory, &m);
	int status = 0;

	for (size_t i = 0; i < n && !status; i++)
		if (m[i].low < p->high && m[i].high > p->low && m[i].writable)
			status = alck_usage_each_word(
				u, m[i].low > p->low ? m[i].low : p->low,
				m[i].high < p->high ? m[i].high : p->high,
				visit, data);
	return status;
}

/* ------------------------------------------------------------- thread stacks
 */

/* glibc puts a thread's control block at the top of the stack that it made,
 * above a page or more that may not be touched: a structure with its own
 * address in its first and in its third word (tcbhead_t). */
struct top {
	struct alck_usage *usage;
	uint64_t found;
};

static int is_control_block(uint64_t addr, const uint64_t *words, void *data)
{
	struct top *top = data;

	if (addr % 64 || words[0] != addr || words[2] != addr)
		return 0;
	top->found = addr;
	return 1;
}

/* Zeroed data of objects has no file. */
static void find_data(struct alck_usage *u)
{
	for (size_t i = 0; i < u->nobjects; i++)
		alck_usage_give(u, u->objects[i].low, u->objects[i].high,
				ALCK_USE_FILE, ALCK_USAGE_NOBODY, "");
}

static void find_stacks(struct alck_usage *u)
{
	for (size_t i = 1; i < u->nregions; i++) {
		const struct alck_region *guard = &u->regions[i - 1];
		struct alck_region *r = &u->regions[i];
		struct top top = {u, 0};
		uint64_t from;

		if (!alck_usage_is_open(r) || !r->mapping->writable ||
		    guard->high != r->low ||
		    !alck_usage_is_reserved(guard->mapping))
			continue;
		/* Static thread-local storage lies between it and the top. */
		from = r->high - r->low > 1 << 20 ? r->high - (1 << 20)
						  : r->low;
		alck_usage_each_word(u, from, r->high, is_control_block, &top);
		if (!top.found)
			continue;
		r->use = ALCK_USE_STACK;
		r->proof = "a thread's control block";
		if (alck_usage_is_open(guard)) {
			u->regions[i - 1].use = ALCK_USE_STACK;
			u->regions[i - 1].proof = "the guard below a stack";
		}
	}
}

/* ld.so maps thread-local storage of the first thread, whose stack is the
 * kernel's.  After the allocators: it bears no other mark. */
static void find_first_thread(struct alck_usage *u)
{
	for (size_t i = 0; i < u->nregions; i++) {
		struct alck_region *r = &u->regions[i];
		struct top top = {u, 0};

		if (!alck_usage_is_open(r) || !r->mapping->writable ||
		    r->mapping->path[0] || r->high - r->low > FIRST_MAX)
			continue;
		alck_usage_each_word(u, r->low, r->high, is_control_block,
				     &top);
		if (!top.found)
			continue;
		r->use = ALCK_USE_STACK;
		r->proof = "the first thread's control block";
	}
}

/* ------------------------------------------------------------------ the sums
 */

static void add(struct alck_usage_total *t, const struct alck_region *r)
{
	if (alck_usage_is_reserved(r->mapping))
		t->reserved += r->high - r->low;
	else
		t->size += r->high - r->low;
	if (r->resident < 0)
		t->resident = -1;
	else if (t->resident >= 0)
		t->resident += r->resident;
}

static void sum_up(struct alck_usage *u)
{
	for (size_t i = 0; i < u->nregions; i++) {
		const struct alck_region *r = &u->regions[i];

		add(&u->by_use[r->use], r);
		if (r->owner >= 0)
			add(&u->by_object[r->owner], r);
	}
}

/* ------------------------------------------------------------------ together
 */

static const struct {
	const char *family;
	void (*find)(struct alck_usage *usage, int owner);
} ways[] = {
	{"glibc", alck_usage_ptmalloc},	     {"jemalloc", alck_usage_jemalloc},
	{"tcmalloc", alck_usage_tcmalloc},   {"mimalloc", alck_usage_mimalloc},
	{"mimalloc", alck_usage_mimalloc_3},
};

int alck_usage_find(struct alck_usage *u, struct alck_memory *memory,
		    const struct alck_usage_object *objects, size_t nobjects,
		    const char *proc, struct alck_state *state)
{
	const struct alck_mapping *m;
	size_t n = alck_memory_mappings(memory, &m);

	memset(u, 0, sizeof(*u));
	u->memory = memory;
	u->objects = objects;
	u->nobjects = nobjects;
	u->by_object = alck_arena_alloc(&u->arena,
					(nobjects + 1) * sizeof(*u->by_object));
	u->live =
		alck_arena_alloc(&u->arena, (nobjects + 1) * sizeof(*u->live));
	if (!u->by_object || !u->live)
		return -1;
	u->live++; /* ALCK_USAGE_NOBODY has one, too */
	for (size_t i = 0; i < n; i++)
		add_mapping(u, &m[i]);
	if (state)
		alck_usage_own(u, state);
	find_data(u);
	find_stacks(u);
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++)
		for (size_t i = 0; i < nobjects; i++)
			if (objects[i].family &&
			    !strcmp(objects[i].family, ways[w].family))
				ways[w].find(u, (int)i);
	find_first_thread(u);
	alck_usage_residence(u, proc);
	if (state)
		alck_usage_blocks(u, state);
	sum_up(u);
	return u->failed ? -1 : 0;
}

void alck_usage_free(struct alck_usage *u)
{
	alck_pagemap_close(u->pagemap);
	free(u->places);
	free(u->regions);
	free(u->heaps);
	alck_arena_free(&u->arena);
}
