/* SPDX-License-Identifier: MIT */
/*
 * What of each allocator's memory is live, and which places in the program hold
 * it: by the preload library's ownership table.  See usage.h.  Offline.
 *
 * No allocator gives back a page in which a live block lies.  So a page is
 * charged to the blocks in it, the same to each: a place in the program whose
 * few small blocks lie one in a page holds many times of what they are.
 *
 * One pass over the blocks by address; what is kept is a row for each place
 * and four bytes for each context.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "inspect/usage-internal.h"

#define CONTEXTS   (1u << 24)
#define OWNERS	   32u
#define PAGE_MAX   512u /* blocks that can begin in a page, and one before */
#define FIRST_ROOM 1024u

struct count {
	struct alck_usage *usage;
	struct alck_state *state;
	int object_of[OWNERS];
	uint32_t *place_of; /* by context, plus 1 */
	uint32_t *table;    /* hash of places by owner and stack, plus 1 */
	uint32_t *stacks;   /* of each place */
	size_t slots;	    /* of TABLE; a power of two */
	/* The page that is being gone through, and the places of its blocks. */
	uint64_t page;
	uint32_t in_page[PAGE_MAX + 1];
	unsigned int n;
	size_t heap; /* the first that ends behind the last block */
};

static int object_at(const struct alck_usage *u, uint64_t at)
{
	for (size_t i = 0; at && i < u->nobjects; i++)
		if (at >= u->objects[i].low && at < u->objects[i].high)
			return (int)i;
	return ALCK_USAGE_NOBODY;
}

/* ---------------------------------------------------------------- places */

static size_t slot_of(const struct count *c, int owner, uint32_t stack)
{
	uint64_t hash = ((uint64_t)stack * 64 + (uint64_t)(owner + 1)) *
			UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (hash >> 32) & (c->slots - 1);

	for (; c->table[at]; at = (at + 1) & (c->slots - 1)) {
		uint32_t i = c->table[at] - 1;

		if (c->stacks[i] == stack && c->usage->places[i].owner == owner)
			break;
	}
	return at;
}

static int grow(struct count *c)
{
	size_t room = c->slots ? c->slots : FIRST_ROOM; /* half of the slots */
	struct alck_usage *u = c->usage;
	void *places = reallocarray(u->places, room, sizeof(*u->places));
	void *stacks = reallocarray(c->stacks, room, sizeof(*c->stacks));

	u->places = places ? places : u->places;
	c->stacks = stacks ? stacks : c->stacks;
	free(c->table);
	c->slots = 2 * room;
	c->table = calloc(c->slots, sizeof(*c->table));
	if (!places || !stacks || !c->table)
		return -1;
	for (size_t i = 0; i < u->nplaces; i++)
		c->table[slot_of(c, u->places[i].owner, c->stacks[i])] =
			(uint32_t)i + 1;
	return 0;
}

/* The number of the place that BLOCK came from; -1 without memory. */
static int64_t place_of(struct count *c, const struct alck_state_live *block)
{
	struct alck_usage *u = c->usage;
	int owner = c->object_of[block->owner % OWNERS];
	uint32_t stack, context = block->context % CONTEXTS;
	size_t at;

	if (c->place_of[context] &&
	    u->places[c->place_of[context] - 1].owner == owner)
		return c->place_of[context] - 1;
	if (2 * u->nplaces >= c->slots && grow(c))
		return -1;
	stack = context ? alck_state_stack(c->state, context) : 0;
	at = slot_of(c, owner, stack);
	if (!c->table[at]) {
		u->places[u->nplaces] = (struct alck_usage_place){
			.owner = owner, .context = stack ? context : 0};
		c->stacks[u->nplaces] = stack;
		c->table[at] = (uint32_t)++u->nplaces;
	}
	c->place_of[context] = c->table[at];
	return c->table[at] - 1;
}

/* ----------------------------------------------------------------- pages */

static uint64_t resident(const struct count *c, uint64_t low, uint64_t high)
{
	int64_t n = c->usage->pagemap
			    ? alck_pagemap_count(c->usage->pagemap, low, high)
			    : -1;

	return n < 0 ? high - low : (uint64_t)n;
}

static void hold(struct count *c, uint32_t place, uint64_t bytes)
{
	struct alck_usage_place *p = &c->usage->places[place];

	p->live.held += bytes;
	c->usage->live[p->owner].held += bytes;
}

/* Shares the page among its blocks. */
static void share(struct count *c)
{
	uint64_t bytes = c->n ? resident(c, c->page, c->page + ALCK_PAGE) : 0;

	for (unsigned int i = 0; i < c->n; i++)
		hold(c, c->in_page[i],
		     bytes / c->n + (i < bytes % c->n ? 1 : 0));
	c->n = 0;
}

static void lie(struct count *c, const struct alck_state_live *b,
		uint32_t place)
{
	uint64_t first = b->addr & -ALCK_PAGE;
	uint64_t last = (b->addr + (b->size ? b->size - 1 : 0)) & -ALCK_PAGE;

	if (first != c->page)
		share(c);
	c->page = first;
	if (c->n <= PAGE_MAX)
		c->in_page[c->n++] = place;
	if (last == first)
		return;
	share(c);
	hold(c, place, resident(c, first + ALCK_PAGE, last));
	c->page = last;
	c->in_page[c->n++] = place;
}

/* ----------------------------------------------------------------- heaps */

/* Notes B as the last block so far of the heap that it lies in. */
static void pin(struct count *c, const struct alck_state_live *b)
{
	struct alck_usage *u = c->usage;
	struct alck_usage_heap *h;

	while (c->heap < u->nheaps && u->heaps[c->heap].high <= b->addr)
		c->heap++;
	if (c->heap == u->nheaps || u->heaps[c->heap].low > b->addr)
		return;
	h = &u->heaps[c->heap];
	h->live += b->size;
	h->live_blocks++;
	/* Until the next one comes nothing holds what lies below this one but
	 * those before. */
	memmove(&h->pins[1], &h->pins[0],
		(ALCK_USAGE_PINS - 1) * sizeof(h->pins[0]));
	h->pins[0] = (struct alck_usage_pin){
		.addr = b->addr,
		.size = b->size,
		.context = b->context,
		.gives = h->high - (h->live_end ? h->live_end : h->low)};
	if (h->npins < ALCK_USAGE_PINS)
		h->npins++;
	h->live_end = b->addr + b->size;
}

static int by_low(const void *a, const void *b)
{
	const struct alck_usage_heap *x = a, *y = b;

	return (x->low > y->low) - (x->low < y->low);
}

/* -------------------------------------------------------------- together */

static void note_age(struct count *c, struct alck_usage_place *p, uint64_t addr)
{
	uint64_t when;

	if (!alck_state_allocated(c->state, addr, &when) ||
	    (p->oldest && p->oldest_since <= when))
		return;
	p->oldest = addr;
	p->oldest_since = when;
}

static int take(const struct alck_state_live *block, void *data)
{
	struct count *c = data;
	struct alck_usage *u = c->usage;
	int64_t place = place_of(c, block);
	struct alck_usage_live *of[2];

	if (place < 0)
		return -1;
	note_age(c, &u->places[place], block->addr);
	of[0] = &u->places[place].live;
	of[1] = &u->live[u->places[place].owner];
	for (int i = 0; i < 2; i++) {
		of[i]->bytes += block->size;
		of[i]->blocks++;
		of[i]->unsized += !block->size_known;
	}
	lie(c, block, (uint32_t)place);
	pin(c, block);
	return 0;
}

static int by_held(const void *a, const void *b)
{
	const struct alck_usage_place *x = a, *y = b;

	if (x->live.held != y->live.held)
		return x->live.held < y->live.held ? 1 : -1;
	return (x->context > y->context) - (x->context < y->context);
}

/* Whatever may be written may hold blocks; what is not mapped has none. */
static int walk(struct count *c)
{
	const struct alck_mapping *m;
	size_t n = alck_memory_mappings(c->usage->memory, &m);
	int status = 0;

	for (size_t i = 0, k; i < n && !status; i = k) {
		uint64_t high = m[i].high;

		k = i + 1;
		if (!m[i].writable)
			continue;
		while (k < n && m[k].writable && m[k].low == high)
			high = m[k++].high;
		status = alck_state_each_block(c->state, m[i].low, high, take,
					       c);
	}
	share(c);
	return status;
}

void alck_usage_blocks(struct alck_usage *u, struct alck_state *state)
{
	struct count c = {.usage = u, .state = state};

	if (u->nheaps)
		qsort(u->heaps, u->nheaps, sizeof(*u->heaps), by_low);
	for (uint32_t i = 0; i < OWNERS; i++)
		c.object_of[i] = object_at(u, alck_state_owner(state, i));
	c.place_of = calloc(CONTEXTS, sizeof(*c.place_of));
	if (c.place_of && !grow(&c))
		u->recorded = !walk(&c);
	else
		u->failed = 1;
	if (u->nplaces)
		qsort(u->places, u->nplaces, sizeof(*u->places), by_held);
	free(c.place_of);
	free(c.table);
	free(c.stacks);
}

static void give_own(uint64_t low, uint64_t high, void *data)
{
	alck_usage_give(data, low, high, ALCK_USE_OBSERVER, ALCK_USAGE_NOBODY,
			"its root leads there");
}

void alck_usage_own(struct alck_usage *u, struct alck_state *state)
{
	alck_state_each_own(state, give_own, u);
}
