/* SPDX-License-Identifier: MIT */
/*
 * The trace of a walk by unwind tables: what it read of the stack, so that the
 * same stack can be known again without walking.
 *
 * A walk is a function of where it starts (return address, stack pointer, frame
 * pointer), of the tables, and of the words that it reads; where it reads next
 * depends only on what it has read.  Those words are the return addresses,
 * which are its result, and links: words that hold an address of the stack
 * (saved frame pointers by which a frame was found).  So a trace is a list of
 * places, and for links of the places that they hold, all counted in words of 8
 * bytes from the stack pointer at the start: two bytes each.  Of saved
 * registers only those count that the walk went by: the rest is the program's
 * own data.
 */
#ifndef ALCK_PRELOAD_TRACE_H
#define ALCK_PRELOAD_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define ALCK_TRACE_PLACES 96
#define ALCK_TRACE_SPAN	  UINT64_C(0x10000) /* words: 512 KiB */

struct alck_trace {
	uint8_t frames;	  /* return addresses: places[0] on */
	uint8_t padded;	  /* those in whole fours: the first is there again */
	uint8_t links;	  /* after them, pairs: place, what it holds; until
			   * alck_trace_end from the last place down */
	uint8_t uses_fp;  /* the frame pointer at its start decided too */
	uint8_t more;	  /* than return addresses decided: one of these */
	uint8_t overflow; /* it holds not all: the stack cannot be known */
	uint32_t zero; /* 1 + place of the 0 that ended the walk; 0: none did */
	uint32_t span; /* words from the start that hold all places */
	uint16_t places[ALCK_TRACE_PLACES];
};

static inline void alck_trace_begin(struct alck_trace *trace, uintptr_t sp)
{
	trace->frames = trace->links = trace->uses_fp = 0;
	trace->overflow = sp % 8 != 0;
	trace->zero = trace->span = 0;
}

/* Return address NUMBER (from 0) was read at AT, by a walk from SP.  They lie
 * one above the other, so alck_trace_end has to look at the last one alone. */
static inline void alck_trace_frame(struct alck_trace *trace, unsigned number,
				    uintptr_t sp, uintptr_t at)
{
	if (__builtin_expect(number + 2u * trace->links < ALCK_TRACE_PLACES, 1))
		trace->places[number] = (uint16_t)((at - sp) / 8);
	else
		trace->overflow = 1;
}

/* VALUE, which holds an address of the stack, was read at AT; after FRAMES
 * return addresses. */
static inline void alck_trace_link(struct alck_trace *trace, unsigned frames,
				   uintptr_t sp, uintptr_t at, uintptr_t value)
{
	uintptr_t place = (at - sp) / 8, held = (value - sp) / 8;
	uint16_t *pair;

	if (place >= ALCK_TRACE_SPAN || held >= ALCK_TRACE_SPAN || value % 8 ||
	    frames + 2u * trace->links + 2 > ALCK_TRACE_PLACES) {
		trace->overflow = 1;
		return;
	}
	if (place >= trace->span)
		trace->span = (uint32_t)place + 1;
	pair = &trace->places[ALCK_TRACE_PLACES - 2 * ++trace->links];
	pair[0] = (uint16_t)place;
	pair[1] = (uint16_t)held;
}

/* The walk from SP has come to TOP with FRAMES return addresses; one more, if
 * ZERO, was 0 and is none. */
static inline void alck_trace_end(struct alck_trace *trace, unsigned frames,
				  uintptr_t sp, uintptr_t top, int zero)
{
	unsigned links = 2u * trace->links, padded = (frames + 3u) & ~3u;
	uintptr_t words = (top - sp) / 8;

	trace->frames = (uint8_t)frames;
	trace->padded = (uint8_t)padded;
	if (words > ALCK_TRACE_SPAN || padded + links > ALCK_TRACE_PLACES)
		trace->overflow = 1;
	if (trace->overflow)
		return;
	if (words > trace->span)
		trace->span = (uint32_t)words;
	trace->zero = zero ? 1u + trace->places[frames] : 0;
	trace->more = trace->links || trace->zero || trace->uses_fp;
	for (unsigned i = frames; i < padded; i++)
		trace->places[i] = trace->places[0];
	for (unsigned i = 0; i < links; i++)
		trace->places[padded + i] =
			trace->places[ALCK_TRACE_PLACES - links + i];
}

/* Bytes of TRACE up to its last place. */
static inline size_t alck_trace_size(const struct alck_trace *trace)
{
	return offsetof(struct alck_trace, places) +
	       (trace->padded + 2u * trace->links) * sizeof(*trace->places);
}

/* Of the return addresses on the stack at SP, of which SAME are known to be
 * what they were when a walk from there read TRACE and found PCS (the depot's,
 * padded, without the first): the place of the first that is not, or NULL.  All
 * of SPAN is readable. */
static inline __attribute__((always_inline)) const uint16_t *
alck_trace_differs(const struct alck_trace *trace, unsigned same, uintptr_t sp,
		   const uintptr_t *pcs)
{
	const uintptr_t *stack = (const uintptr_t *)sp;
	const uint16_t *place = trace->places + (same & ~3u);
	const uint16_t *end = trace->places + trace->padded;

	/* This is where a known stack spends its time. */
	for (pcs += same & ~3u; place < end; place += 4, pcs += 4) {
		if (__builtin_expect(stack[place[0]] != pcs[0], 0))
			return place;
		if (__builtin_expect(stack[place[1]] != pcs[1], 0))
			return place + 1;
		if (__builtin_expect(stack[place[2]] != pcs[2], 0))
			return place + 2;
		if (__builtin_expect(stack[place[3]] != pcs[3], 0))
			return place + 3;
	}
	return NULL;
}

/* How many are, then. */
static inline unsigned alck_trace_same(const struct alck_trace *trace,
				       const uint16_t *differs)
{
	return differs ? (unsigned)(differs - trace->places) : trace->frames;
}

/* Is all else that decided what it was?  FP_WAS and FP: the frame pointers at
 * the starts. */
static inline __attribute__((always_inline)) int
alck_trace_ends_same(const struct alck_trace *trace, uintptr_t sp,
		     uintptr_t fp_was, uintptr_t fp)
{
	const uintptr_t *stack = (const uintptr_t *)sp;
	const uint16_t *place = trace->places + trace->padded;

	if (__builtin_expect(!trace->more, 1))
		return 1;
	for (unsigned i = trace->links; i; i--, place += 2)
		if (stack[place[0]] != (uintptr_t)(stack + place[1]))
			return 0;
	return (!trace->zero || !stack[trace->zero - 1]) &&
	       (!trace->uses_fp || fp_was == fp);
}

#endif
