/* SPDX-License-Identifier: MIT */
/* Stopping the process, as abort(3) does, without libc. */
#ifndef ALCK_PRELOAD_ABORT_H
#define ALCK_PRELOAD_ABORT_H

/* Raises SIGABRT, past a handler that returns and a mask that blocks it. */
_Noreturn void alck_abort(void);

#endif
