/* SPDX-License-Identifier: MIT */
/*
 * hook_watch=hardware: who writes the malloc hooks, by hardware watchpoints on
 * the variables that libc reads, at the very store; nothing is paid otherwise.
 * A processor has four: __free_hook comes first.  Threads and forked children
 * inherit them.
 *
 * The kernel sends SIGTRAP to the thread that wrote, in the middle of its code.
 * The handler consumes these alone: whatever else comes as SIGTRAP goes to the
 * program's own action, which sigaction() is made to keep here while the watch
 * is on.  Where the program sets SIGTRAP by signal() the watch ends.  What is
 * refused (kernel.perf_event_paranoid, seccomp, a container) is said once, and
 * the hooks are sampled at each free as they are without.
 */
#ifndef ALCK_PRELOAD_HOOK_WATCH_H
#define ALCK_PRELOAD_HOOK_WATCH_H

#include <stdint.h>

#include "preload/providers.h"
#include "preload/unwind.h"

/* Begins, if the option asks for it.  Once everything is relocated, while the
 * process has one thread: those that it starts, and its children until they
 * call exec, are watched with it. */
void alck_hook_watch_start(void);

/* Does the option ask for it? */
int alck_hook_watch_wanted(void);

/* The program calls E, sigaction or one of signal's kin: see watched.h. */
void alck_hook_watch_sigaction(const struct alck_entry *e, uintptr_t *args,
			       const struct alck_frame *frame);
void alck_hook_watch_signal(const struct alck_entry *e, uintptr_t *args,
			    const struct alck_frame *frame);

#endif
