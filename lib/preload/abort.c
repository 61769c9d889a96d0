/* SPDX-License-Identifier: MIT */
/* Stopping the process: see abort.h.  Signal-safe. */
#include <signal.h>

#include "preload/abort.h"
#include "preload/crash.h"
#include "preload/sys.h"

_Noreturn void alck_abort(void)
{
	const struct alck_sigaction dfl = {0};
	uint64_t mask = 1UL << (SIGABRT - 1);
	int pid = alck_sys_getpid(), tid = alck_sys_gettid();

	/* The finding says it all. */
	alck_crash_stop();
	alck_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&mask, 0,
		     sizeof(mask), 0, 0);
	alck_sys_tgkill(pid, tid, SIGABRT);
	/* A handler returned, or it was ignored. */
	alck_sys_sigaction(SIGABRT, &dfl, NULL);
	alck_sys_tgkill(pid, tid, SIGABRT);
	for (;;)
		alck_syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}
