/* SPDX-License-Identifier: MIT */
/* Stopping the process: see abort.h.  Signal-safe. */
#include <signal.h>

#include "preload/abort.h"
#include "preload/sys.h"

/* The kernel's own, which libc's struct sigaction is not. */
struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

_Noreturn void alck_abort(void)
{
	struct kernel_sigaction dfl = {0};
	uint64_t mask = 1UL << (SIGABRT - 1);
	int pid = alck_sys_getpid(), tid = alck_sys_gettid();

	alck_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&mask, 0,
		     sizeof(mask), 0, 0);
	alck_sys_tgkill(pid, tid, SIGABRT);
	/* A handler returned, or it was ignored. */
	alck_syscall(SYS_rt_sigaction, SIGABRT, (long)&dfl, 0, sizeof(mask), 0,
		     0);
	alck_sys_tgkill(pid, tid, SIGABRT);
	for (;;)
		alck_syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}
