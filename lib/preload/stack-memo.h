/* SPDX-License-Identifier: MIT */
/*
 * The stack memo: stacks that a thread has walked before, known again without
 * walking.
 *
 * A walk by unwind tables is a function of where it starts (return address,
 * stack pointer, frame pointer), of the tables, and of the words that it reads
 * from the stack; where it reads next depends only on what it has read.  So a
 * walk is remembered as the list of its reads: if the start is the same, no
 * module has come or gone, and every word is still what it was, another walk
 * would give the same stack.  Nothing is guessed.
 *
 * Each thread has its own, reached from its thread-local storage and given on
 * with its number when it ends.  Signal-safe under the reentrancy guard.
 */
#ifndef ALCK_PRELOAD_STACK_MEMO_H
#define ALCK_PRELOAD_STACK_MEMO_H

#include <stdint.h>

#include "preload/thread.h"
#include "preload/unwind.h"

struct alck_memo {
	uintptr_t pc, sp, fp; /* where the walk began; pc 0: nothing here */
	uint32_t generation;  /* of the modules */
	uint32_t stack;	      /* its ID in the depot */
	/* The context that this stack was last part of. */
	uint32_t context, previous;
	uint16_t entry;
	struct alck_reads reads;
};

/* The memo for a stack that begins at FRAME; its STACK is 0 where it has to be
 * walked (into its READS, and then set).  NULL where T has no memory for
 * memos. */
struct alck_memo *alck_memo_find(struct alck_thread *t,
				 const struct alck_frame *frame);

/* After the walk: MEMO stands for the stack ID from FRAME. */
void alck_memo_keep(struct alck_memo *memo, const struct alck_frame *frame,
		    uint32_t stack);

#endif
