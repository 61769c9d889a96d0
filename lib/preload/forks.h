/* SPDX-License-Identifier: MIT */
/*
 * Who forks, from where, and how long it takes: for the timeline, and for the
 * findings of a fork window (T13).
 *
 * The call of fork, popen, posix_spawn and the like is noted when it is made
 * and again when it is back in the parent.  vfork and clone are noted when they
 * are made alone: they return twice on one stack, or on another one, so that
 * no frame of ours may lie there.  Neither changes the malloc hooks.
 *
 * What libc calls inside itself (popen's fork) is not seen: the window itself
 * is known by the hook's value at the free (hooks.h).  Signal-safe.
 */
#ifndef ALCK_PRELOAD_FORKS_H
#define ALCK_PRELOAD_FORKS_H

#include <stdint.h>

#include "preload/watched.h"

/* For alck_watched: called, and back. */
void alck_fork_note(const struct alck_entry *e, uintptr_t *args,
		    const struct alck_frame *frame);
void alck_clone_note(const struct alck_entry *e, uintptr_t *args,
		     const struct alck_frame *frame);
void alck_fork_begin(struct alck_watched_call *call);
/* The same for functions that return the child's process ID. */
void alck_fork_end_pid(const struct alck_watched_call *call, uintptr_t result);
void alck_fork_end(const struct alck_watched_call *call, uintptr_t result);

/* Is a thread in fork at this moment?  Its number goes to *THREAD, for how many
 * nanoseconds to *SINCE (to a microsecond).  Of several the last to begin. */
int alck_fork_under_way(uint32_t *thread, uint64_t *since);

#endif
