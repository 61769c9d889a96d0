/* SPDX-License-Identifier: MIT */
/*
 * Alternate signal stacks: a thread that has used its stack up has none for the
 * handler of the crash record, unless it has an alternate one.  Where the
 * program has none, ours stands: 64 KiB of address space, of which nothing is
 * touched before there is a crash, from the thread's first allocation on.
 *
 * The program does not see it: sigaltstack() finds what it would find, and what
 * it sets replaces ours.  A handler of the program's with SA_ONSTACK, which
 * would run on the thread's own stack, is not to find itself on ours: when the
 * first one is set, that thread's is taken away and no other gets one.
 * Signal-safe.
 */
#ifndef ALCK_PRELOAD_ALT_STACK_H
#define ALCK_PRELOAD_ALT_STACK_H

#include <stdint.h>

#include "preload/watched.h"

/* From the first thread; and no more from now on, the caller's included. */
void alck_alt_stack_start(void);
void alck_alt_stack_stop(void);

/* One for the calling thread, with NUMBER, if it has none. */
void alck_alt_stack_give(uint32_t number);

/* The program calls sigaction, and sigaltstack: see watched.h. */
void alck_alt_stack_action(const struct alck_watched_call *call);
void alck_alt_stack_begin(struct alck_watched_call *call);
void alck_alt_stack_end(const struct alck_watched_call *call, uintptr_t result);

#endif
