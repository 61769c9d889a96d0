/* SPDX-License-Identifier: MIT */
/* Programs that limit themselves: see sandbox.h.  Signal-safe. */
#include <sys/prctl.h>

#include "preload/crash.h"
#include "preload/events.h"
#include "preload/recorder.h"
#include "preload/runtime.h"
#include "preload/sandbox.h"
#include "preload/sys.h"
#include "preload/thread.h"

#define SET_MODE_STRICT 0 /* operations of seccomp(2) */
#define SET_MODE_FILTER 1

/* The next thing that happens is the filter. */
static void enter(void)
{
	if (alck_sys_sandboxed)
		return;
	alck_recorder_prepare(&alck_thread);
	alck_event_note("sandbox", "the program limits its system calls "
				   "(seccomp)");
	alck_crash_stop();
	alck_sys_address_limit();
	alck_sys_sandboxed = 1;
}

void alck_sandbox_note_prctl(const struct alck_entry *e, uintptr_t *args,
			     const struct alck_frame *frame)
{
	(void)e;
	(void)frame;
	if ((int)args[0] == PR_SET_SECCOMP)
		enter();
}

void alck_sandbox_note_syscall(const struct alck_entry *e, uintptr_t *args,
			       const struct alck_frame *frame)
{
	(void)e;
	(void)frame;
	if ((args[0] == SYS_seccomp &&
	     (args[1] == SET_MODE_STRICT || args[1] == SET_MODE_FILTER)) ||
	    (args[0] == SYS_prctl && (int)args[1] == PR_SET_SECCOMP))
		enter();
}
