/* SPDX-License-Identifier: MIT */
/*
 * A thread's registers and its stack's memory at one moment: all that a walk of
 * its stack needs, so that it need not be stopped for the walk.  Offline.
 *
 * The thread is stopped (PTRACE_SEIZE, PTRACE_INTERRUPT: no signal is sent) for
 * as long as it takes to read that, at most ALCK_SNAPSHOT_STACK bytes: neither
 * how deep the stack is nor how many objects there are makes it longer.  Some
 * system calls (epoll_wait, ...) return EINTR afterwards, as after SIGSTOP and
 * SIGCONT: see signal(7).
 */
#ifndef ALCK_INSPECT_SNAPSHOT_H
#define ALCK_INSPECT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "inspect/memory.h"

#define ALCK_SNAPSHOT_STACK (256u << 10)

struct alck_snapshot {
	struct user_regs_struct regs;
	uint64_t low, high; /* of the stack, what was read of it */
	unsigned char stack[ALCK_SNAPSHOT_STACK];
};

/* Takes one of thread TID of MEMORY's process.  Adds nothing to it, and leaves
 * it as it was: running, or stopped by a signal.  *NS is how long it was
 * stopped at most.  Returns 0, or the errno of what failed. */
int alck_snapshot_take(struct alck_snapshot *snapshot,
		       struct alck_memory *memory, pid_t tid, uint64_t *ns);

/* A thread that sleeps in the kernel, uninterruptibly, stops when it wakes:
 * lets those go on that have.  Returns how many have yet to; when this process
 * ends the kernel does it. */
size_t alck_snapshot_let_go(void);

/* The word at ADDR, where it was read.  Returns 0, or -1. */
int alck_snapshot_word(const struct alck_snapshot *snapshot, uint64_t addr,
		       uint64_t *word);

#endif
