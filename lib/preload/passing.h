/* SPDX-License-Identifier: MIT */
/*
 * Entries that free a block by nothing but a jump to another entry, through a
 * slot of their object: operator delete of jemalloc and of libstdc++ is a jump
 * to free.  That one sees the same call of the program, with its return address
 * and its stack; so the first has nothing to note, and must not: the block
 * would be taken out of the table twice.
 *
 * Signal-safe.
 */
#ifndef ALCK_PRELOAD_PASSING_H
#define ALCK_PRELOAD_PASSING_H

#include "preload/providers.h"
#include "preload/thread.h"
#include "preload/unwind.h"

/* Is the function of E, which is being registered, such a jump?  Where its slot
 * leads is not known before it was called: it may be bound lazily. */
int alck_passing_jumps(const struct alck_entry *e);

/* Does E, an operator new, call somebody by a slot before anything else leads
 * it away?  That may be its provider's malloc. */
int alck_passing_calls(const struct alck_entry *e);

/* E, of which the first is so, was called: its calls are passed on from now on,
 * if an entry is where they go. */
void alck_passing_settle(struct alck_entry *e);

/* The entry that the program called where FRAME is that of a call of E: it, or
 * the one of its provider that has passed the call on. */
struct alck_entry *alck_passing_origin(const struct alck_thread *t,
				       const struct alck_entry *e,
				       const struct alck_frame *frame);

#endif
