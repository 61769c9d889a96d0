/* SPDX-License-Identifier: MIT */
/*
 * Who forks, from where, and how long it takes: for the timeline, and for the
 * findings of a fork window (T13).
 *
 * The call of fork, vfork, clone, popen, posix_spawn and the like is noted when
 * it is made and again when it is back in the parent, which for vfork is when
 * the child has called exec or has ended.
 *
 * What libc calls inside itself (popen's fork) is not seen: the window itself
 * is known by the hook's value at the free (hooks.h).  Signal-safe.
 */
#ifndef ALCK_PRELOAD_FORKS_H
#define ALCK_PRELOAD_FORKS_H

#include <stdint.h>

#include "preload/watched.h"

/* For alck_watched: called, and back; _pid for those that return the child's
 * process ID. */
void alck_fork_begin(struct alck_watched_call *call);
void alck_fork_end(const struct alck_watched_call *call, uintptr_t result);
void alck_fork_end_pid(const struct alck_watched_call *call, uintptr_t result);
void alck_clone_begin(struct alck_watched_call *call);
void alck_clone_end(const struct alck_watched_call *call, uintptr_t result);

/* A vfork under way; the first member is known to thunks-*.S. */
struct alck_vfork {
	uintptr_t pc; /* where it returns to */
	const struct alck_entry *entry;
	uint64_t began;
	int process; /* alck_thread.vforked, as it was before */
};

extern __thread struct alck_vfork alck_vfork
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* From alck_on_vfork: E was called from PC; returns the function itself.  And
 * it has returned RESULT, not 0, to the parent. */
void *alck_vfork_begin(const struct alck_entry *e, uintptr_t pc, uintptr_t sp,
		       uintptr_t fp) ALCK_HIDDEN;
void alck_vfork_end(uintptr_t result) ALCK_HIDDEN;

/* Is a thread in fork at this moment?  Its number goes to *THREAD, for how many
 * nanoseconds to *SINCE (to a microsecond).  Of several the last to begin. */
int alck_fork_under_way(uint32_t *thread, uint64_t *since);

#endif
