/* SPDX-License-Identifier: MIT */
/*
 * The crash record: what the process was at when a signal ended it, written
 * just before, so that a mix that slipped past us and died in somebody's free
 * is still explained.
 *
 * A handler of ours stands only where the program has the default action, for
 * signals that then end the process with a core.  The program does not see it:
 * sigaction(), signal() and their kin find the default action, and what the
 * program sets replaces ours; back at the default, ours is there again.  Having
 * written, the handler restores the default and returns: the same instruction
 * faults again, or the same signal is sent again, so that signal, core, and
 * exit status are those that would have been.  It runs on a stack of its own;
 * a thread that has used its stack up gets there by alt-stack.h.
 *
 * Who reads the action by the system call itself sees our handler, and may call
 * it as the one that was there before its own.  To him it is what the default
 * action would be: the end.
 */
#ifndef ALCK_PRELOAD_CRASH_H
#define ALCK_PRELOAD_CRASH_H

#include <stdint.h>

#include "preload/watched.h"

/* Do the options ask for it? */
int alck_crash_wanted(void);

/* Begins: once, from the constructor. */
void alck_crash_start(void);

/* Takes our handlers away for good: in a sandbox, before an abort of our own,
 * and where Go's runtime is, which reads actions and alternate stacks by the
 * system call itself, and may have set up another thread-local storage than
 * libc's. */
void alck_crash_stop(void);

/* The program calls sigaction or one of signal's kin: see watched.h. */
void alck_crash_action_begin(struct alck_watched_call *call);
void alck_crash_action_end(const struct alck_watched_call *call,
			   uintptr_t result);

/* From alck_on_crash (thunks-*.S), on our stack.  BACK is where it returns to.
 */
void alck_crash_caught(int signal_number, void *info, void *context,
		       uintptr_t back) ALCK_HIDDEN;
/* The same when another thread was faster, on the thread's own. */
void alck_crash_wait(int signal_number, void *info, void *context,
		     uintptr_t back) ALCK_HIDDEN;

#endif
