/* SPDX-License-Identifier: MIT */
/* A thread at one moment: see snapshot.h.  Offline. */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "inspect/snapshot.h"

/* Below the stack pointer a leaf function may keep something. */
#define RED_ZONE 128u
/* A thread that the kernel does not let stop (disk sleep) is left alone after
 * this; it is not stopped while it is waited for. */
#define PATIENCE_NS 500000000u
#define LOOK_NS	    20000
#define SPIN_NS	    100000

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Until the next look, or until something has stopped.  At first without giving
 * the processor away: one that idles takes its time to come back, and under a
 * hypervisor a long one. */
static void pause_for_look(uint64_t waited)
{
	const struct timespec look = {0, LOOK_NS};
	sigset_t children;

	if (waited < SPIN_NS)
		return;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigtimedwait(&children, NULL, &look);
}

/* Waits until TID has stopped.  Returns 0 with the signal that is to be given
 * back to it, else an errno.  *RAN is when it was last seen not to be stopped:
 * until it gets a processor it is not. */
static int wait_for(pid_t tid, uint64_t *ran, long *signal)
{
	uint64_t begun = now();
	int status;

	for (*ran = begun;; pause_for_look(*ran - begun)) {
		uint64_t looked = now();
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0)
			return errno;
		if (got && !WIFSTOPPED(status))
			return ESRCH;
		if (got)
			break;
		*ran = looked;
		if (looked - begun > PATIENCE_NS)
			return ETIMEDOUT;
	}
	/* It may have stopped on its way to a handler. */
	*signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	return 0;
}

/* Threads that have yet to stop, and are then to go on at once. */
static pid_t late[16];
static size_t nlate;

size_t alck_snapshot_let_go(void)
{
	size_t still = 0;
	int status;

	for (size_t i = 0; i < nlate; i++) {
		pid_t got = waitpid(late[i], &status, __WALL | WNOHANG);

		if (!got)
			late[still++] = late[i];
		else if (got > 0 && WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, late[i], NULL,
			       (void *)(status >> 16 == PTRACE_EVENT_STOP
						? 0L
						: (long)WSTOPSIG(status)));
	}
	return nlate = still;
}

static int read_stopped(struct alck_snapshot *s, struct alck_memory *memory,
			pid_t tid)
{
	struct iovec regs = {&s->regs, sizeof(s->regs)};
	const struct alck_mapping *m;
	size_t len = sizeof(s->stack);

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &regs))
		return errno;
	s->low = (s->regs.rsp - RED_ZONE) & ~7ull;
	/* What lies behind the stack is not of it. */
	m = alck_memory_mapping_at(memory, s->low);
	if (m && m->high - s->low < len)
		len = m->high - s->low;
	s->high = s->low + alck_memory_read_some(memory, s->low, s->stack, len);
	return 0;
}

static int take(struct alck_snapshot *s, struct alck_memory *memory, pid_t tid,
		uint64_t *ns)
{
	uint64_t ran;
	long signal = 0;
	int error;

	if (alck_snapshot_let_go() == sizeof(late) / sizeof(late[0]))
		return ETIMEDOUT;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return errno;
	error = wait_for(tid, &ran, &signal);
	if (error == ETIMEDOUT)
		late[nlate++] = tid;
	if (error)
		return error;
	error = read_stopped(s, memory, tid);
	ptrace(PTRACE_DETACH, tid, NULL, (void *)signal);
	*ns = now() - ran;
	return error;
}

/* On a machine that is busy (for which one looks at a process) nobody is to
 * come in between while a thread is stopped: it would be for as long. */
int alck_snapshot_take(struct alck_snapshot *s, struct alck_memory *memory,
		       pid_t tid, uint64_t *ns)
{
	sigset_t children, blocked;
	const struct sched_param first = {
		.sched_priority = sched_get_priority_min(SCHED_FIFO)};
	struct sched_param before;
	int policy = sched_getscheduler(0), error;

	*ns = 0;
	s->low = s->high = 0;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, &blocked);
	/* Who may not have that does without. */
	if (policy >= 0 &&
	    (sched_getparam(0, &before) ||
	     sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first)))
		policy = -1;
	error = take(s, memory, tid, ns);
	if (policy >= 0)
		sched_setscheduler(0, policy, &before);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return error;
}

int alck_snapshot_word(const struct alck_snapshot *s, uint64_t addr,
		       uint64_t *word)
{
	if (addr < s->low || addr + sizeof(*word) > s->high ||
	    addr + sizeof(*word) < addr)
		return -1;
	memcpy(word, s->stack + (addr - s->low), sizeof(*word));
	return 0;
}
