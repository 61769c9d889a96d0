/* SPDX-License-Identifier: MIT */
/*
 * The stack depot: keeps each stack once, and each context (a stack, with
 * thread and entry point) once, under numbers of 28 bits.
 *
 * Append-only, without locks: what has an ID stays where it is and never
 * changes.  To keep a stack that is there already takes one hash, one look-up
 * and one comparison; no store.  May be called anywhere, also in a signal
 * handler and in a forked child.  Where memory is refused the answer is 0,
 * "not known", and is counted.
 */
#ifndef ALCK_PRELOAD_STACK_DEPOT_H
#define ALCK_PRELOAD_STACK_DEPOT_H

#include <stdint.h>

#define ALCK_DEPOT_MAX_DEPTH 128

struct alck_context {
	uint32_t stack;	   /* of this depot, 0 for none */
	uint32_t thread;   /* 1 is the first one seen; 20 bits */
	uint32_t previous; /* of a deallocation: the context of the block's
			    * allocation; else 0 */
	uint16_t entry;	   /* entry point */
	uint8_t epoch;	   /* see alck_depot_set_epoch */
};

/* An address says which code it is only as long as no other object comes to lie
 * there: contexts made from now on belong to EPOCH, and are others than those
 * of before. */
void alck_depot_set_epoch(uint8_t epoch);

/* The ID of the stack of N return addresses, innermost first; only the first
 * ALCK_DEPOT_MAX_DEPTH are kept.  0 when N is 0 or memory is refused. */
uint32_t alck_depot_stack(const uintptr_t *pcs, unsigned n);

/* The ID of a context, or 0 when memory is refused. */
uint32_t alck_depot_context(uint32_t stack, uint32_t thread, uint16_t entry,
			    uint32_t previous);

/* Copies up to MAX addresses of the stack ID to PCS; returns how many, 0 for
 * an ID that is none. */
unsigned alck_depot_stack_get(uint32_t id, uintptr_t *pcs, unsigned max);

/* The addresses of the stack ID themselves, which stay where they are, filled
 * up with the second to one and whole fours; NULL for an ID that is none. */
const uintptr_t *alck_depot_stack_at(uint32_t id);

/* Returns 0 with the context ID in *CONTEXT, or -1 for an ID that is none. */
int alck_depot_context_get(uint32_t id, struct alck_context *context);

struct alck_depot_counters {
	uint64_t stacks; /* kept so far */
	uint64_t contexts;
	uint64_t refused; /* answers of 0 for want of memory */
};

void alck_depot_counters(struct alck_depot_counters *counters);

#endif
