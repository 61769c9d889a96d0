/* SPDX-License-Identifier: MIT */
/*
 * The stack depot: see stack-depot.h.  Runs in the checked program,
 * everywhere; signal-safe, without locks.
 *
 * Two hash tables of chains.  A record is filled first and then put at the
 * head of its chain by one compare-and-swap; who loses it looks at what came
 * in between, so nothing is kept twice.  Records are linked by ID, which is
 * half the size of an address.
 *
 * The table of a small process is small: the first touch of each of its pages
 * costs more than a walk.  As long as there is one thread it uses the first
 * 1024 chains, and when those are full eight times as many, and so on; from
 * the second thread on all.  What was kept before stays in its chain, where
 * only a process with one thread ever puts anything.
 */
#include <stddef.h>

#include "preload/arena.h"
#include "preload/one-thread.h"
#include "preload/root.h"
#include "preload/owner-word.h"
#include "preload/stack-depot.h"

#define FIRST_BITS   10 /* of a table in the beginning ... */
#define MORE_BITS    3	/* ... and each time that it is full */
#define STACK_BITS   16
#define CONTEXT_BITS 19

struct stack_record {
	uint32_t next; /* ID of the next one in the chain */
	uint32_t hash;
	uint32_t count;
	uint32_t unused;
	uintptr_t pcs[];
};

/*
 * A context in 16 bytes:
 *   low   63-56 thread, its low bits   55-28 stack   27-0 next in the chain
 *   high  63-44 thread, the rest   43-28 entry   27-0 previous
 */
struct context_record {
	uint64_t low, high;
};

#define ID_MASK	    ((UINT64_C(1) << 28) - 1)
#define EPOCH_SHIFT 56

static uint32_t stack_heads[1u << STACK_BITS];
static uint32_t context_heads[1u << CONTEXT_BITS];

static struct table {
	uint32_t *heads;
	unsigned bits; /* of the whole table */
	unsigned used; /* bits that were in use with one thread; 0: none */
	int all;       /* a second thread was there */
	uint64_t kept; /* records */
} stack_table = {.heads = stack_heads, .bits = STACK_BITS},
  context_table = {.heads = context_heads, .bits = CONTEXT_BITS};

static struct alck_arena stacks = {.first_bits = 20, .last_bits = 24};
static struct alck_arena contexts = {.first_bits = 20, .last_bits = 24};

static uint64_t refused;

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* Bits of the chain's number for what is kept now. */
static unsigned bits_now(struct table *table)
{
	unsigned used = table->used;

	if (!alck_one_thread() &&
	    !__atomic_load_n(&table->all, __ATOMIC_RELAXED))
		__atomic_store_n(&table->all, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&table->all, __ATOMIC_RELAXED))
		return table->bits;
	if (!used || (used < table->bits && table->kept >> used)) {
		used = used ? used + MORE_BITS : FIRST_BITS;
		table->used = used < table->bits ? used : table->bits;
	}
	return table->used;
}

/* And for what was kept before those with BITS; 0 if nothing was. */
static unsigned bits_before(const struct table *table, unsigned bits)
{
	if (bits > table->used)
		return table->used;
	return bits > FIRST_BITS ? bits - MORE_BITS : 0;
}

static uint32_t *chain(const struct table *table, unsigned bits, uint32_t hash)
{
	return &table->heads[hash & ((1u << bits) - 1)];
}

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* Two lanes, so that the multiplications overlap. */
static uint64_t hash_stack(const uintptr_t *pcs, unsigned n)
{
	uint64_t a = n, b = MIX;
	unsigned i;

	for (i = 0; i + 1 < n; i += 2) {
		a = (a ^ pcs[i]) * MIX;
		b = (b ^ pcs[i + 1]) * MIX;
		a ^= a >> 32;
		b ^= b >> 29;
	}
	if (i < n)
		a = (a ^ pcs[i]) * MIX;
	a = (a ^ (b << 7 | b >> 57)) * MIX;
	return a ^ a >> 32;
}

static int same_pcs(const uintptr_t *a, const uintptr_t *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (a[i] != b[i])
			return 0;
	return 1;
}

/* Looks through the chain from HEAD up to, not including, END. */
static uint32_t find_stack(uint32_t head, uint32_t end, uint32_t hash,
			   const uintptr_t *pcs, unsigned n)
{
	const struct stack_record *record;

	while (head != end) {
		record = alck_arena_at(&stacks, head);
		if (!record)
			return 0;
		if (record->hash == hash && record->count == n &&
		    same_pcs(record->pcs, pcs, n))
			return head;
		head = record->next;
	}
	return 0;
}

/* After the first in whole fours: the second is there again (trace.h). */
static unsigned padded(unsigned n)
{
	return 1 + ((n - 1 + 3) & ~3u);
}

uint32_t alck_depot_stack(const uintptr_t *pcs, unsigned n)
{
	struct stack_record *record;
	uint64_t hash64;
	uint32_t *slot, head, id, made;
	unsigned i, bits;

	if (!n)
		return 0;
	if (n > ALCK_DEPOT_MAX_DEPTH)
		n = ALCK_DEPOT_MAX_DEPTH;
	hash64 = hash_stack(pcs, n);
	bits = bits_now(&stack_table);
	slot = chain(&stack_table, bits, (uint32_t)(hash64 >> 32));
	head = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	id = find_stack(head, 0, (uint32_t)hash64, pcs, n);
	while (!id && (bits = bits_before(&stack_table, bits)))
		id = find_stack(__atomic_load_n(chain(&stack_table, bits,
						      (uint32_t)(hash64 >> 32)),
						__ATOMIC_ACQUIRE),
				0, (uint32_t)hash64, pcs, n);
	if (id)
		return id;

	record = alck_arena_take(
		&stacks, sizeof(*record) + padded(n) * sizeof(*pcs), &made);
	if (!record) {
		count(&refused);
		return 0;
	}
	record->hash = (uint32_t)hash64;
	record->count = n;
	for (i = 0; i < n; i++)
		record->pcs[i] = pcs[i];
	for (; i < padded(n); i++)
		record->pcs[i] = pcs[1];
	record->next = head;
	while (!__atomic_compare_exchange_n(
		slot, &head, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		id = find_stack(head, record->next, (uint32_t)hash64, pcs, n);
		if (id)
			return id;
		record->next = head;
	}
	count(&stack_table.kept);
	return made;
}

/* The same for contexts: LOW without its link, HIGH. */
static uint32_t find_context(uint32_t head, uint32_t end, uint64_t low,
			     uint64_t high)
{
	const struct context_record *record;

	while (head != end) {
		record = alck_arena_at(&contexts, head);
		if (!record)
			return 0;
		if (record->high == high && (record->low & ~ID_MASK) == low)
			return head;
		head = record->low & ID_MASK;
	}
	return 0;
}

static uint64_t epoch; /* in its place */

void alck_depot_set_epoch(uint8_t now)
{
	__atomic_store_n(&epoch, (uint64_t)now << EPOCH_SHIFT,
			 __ATOMIC_RELAXED);
}

static int is_full; /* of contexts: some 16 million, 256 MiB */

uint32_t alck_depot_context(uint32_t stack, uint32_t thread, uint16_t entry,
			    uint32_t previous)
{
	uint64_t low = (uint64_t)(thread & 255) << 56 | (stack & ID_MASK) << 28;
	uint64_t high = (uint64_t)(thread >> 8 & 0xfff) << 44 |
			(uint64_t)entry << 28 | (previous & ID_MASK) |
			__atomic_load_n(&epoch, __ATOMIC_RELAXED);
	uint64_t hash = (low ^ high * MIX) * MIX;
	uint32_t *slot, head, id, made;
	struct context_record *record;
	unsigned bits = bits_now(&context_table);

	hash = (hash ^ hash >> 32) * MIX >> 32;
	slot = chain(&context_table, bits, (uint32_t)hash);
	head = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	id = find_context(head, 0, low, high);
	while (!id && (bits = bits_before(&context_table, bits)))
		id = find_context(__atomic_load_n(chain(&context_table, bits,
							(uint32_t)hash),
						  __ATOMIC_ACQUIRE),
				  0, low, high);
	if (id)
		return id;

	record = __atomic_load_n(&is_full, __ATOMIC_RELAXED)
			 ? NULL
			 : alck_arena_take(&contexts, sizeof(*record), &made);
	/* The ownership table has no room for a larger one. */
	if (record && made > ALCK_WORD_CONTEXT_MASK) {
		__atomic_store_n(&is_full, 1, __ATOMIC_RELAXED);
		record = NULL;
	}
	if (!record) {
		count(&refused);
		return 0;
	}
	record->low = low | head;
	record->high = high;
	while (!__atomic_compare_exchange_n(
		slot, &head, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		id = find_context(head, record->low & ID_MASK, low, high);
		if (id)
			return id;
		record->low = low | head;
	}
	count(&context_table.kept);
	return made;
}

unsigned alck_depot_stack_get(uint32_t id, uintptr_t *pcs, unsigned max)
{
	const struct stack_record *record = alck_arena_at(&stacks, id);
	unsigned i;

	if (!record)
		return 0;
	if (max > record->count)
		max = record->count;
	for (i = 0; i < max; i++)
		pcs[i] = record->pcs[i];
	return max;
}

const uintptr_t *alck_depot_stack_at(uint32_t id)
{
	const struct stack_record *record = alck_arena_at(&stacks, id);

	return record ? record->pcs : NULL;
}

int alck_depot_context_get(uint32_t id, struct alck_context *context)
{
	const struct context_record *record = alck_arena_at(&contexts, id);

	if (!record)
		return -1;
	context->stack = record->low >> 28 & ID_MASK;
	context->previous = record->high & ID_MASK;
	context->entry = record->high >> 28 & 0xffff;
	context->thread = (uint32_t)(record->low >> 56) |
			  (uint32_t)(record->high >> 44 & 0xfff) << 8;
	context->epoch = (uint8_t)(record->high >> EPOCH_SHIFT);
	return 0;
}

void alck_depot_counters(struct alck_depot_counters *counters)
{
	counters->stacks = __atomic_load_n(&stack_table.kept, __ATOMIC_RELAXED);
	counters->contexts =
		__atomic_load_n(&context_table.kept, __ATOMIC_RELAXED);
	counters->refused = __atomic_load_n(&refused, __ATOMIC_RELAXED);
}

void alck_depot_describe(struct alck_root_depot *d)
{
	*d = (struct alck_root_depot){
		.stacks = (uintptr_t)stacks.chunk,
		.contexts = (uintptr_t)contexts.chunk,
		.chunks = ALCK_ARENA_CHUNKS,
		.chunk_bits = ALCK_ARENA_ID_BITS,
	};
}
