/* SPDX-License-Identifier: MIT */
/*
 * What a crash record says: the signal, the registers, the stack, the allocator
 * that was at work, and whose the blocks are that registers lead to.
 * Signal-safe.
 */
#ifndef ALCK_PRELOAD_CRASH_RECORD_H
#define ALCK_PRELOAD_CRASH_RECORD_H

#include <signal.h>

#include "preload/thread.h"

/* Writes the records for the signal that the calling thread T was sent, with
 * what the kernel gave its handler. */
void alck_crash_put(struct alck_thread *t, int signal_number,
		    const siginfo_t *info, const void *context);

#endif
