/* SPDX-License-Identifier: MIT */
/* What the kernel says of this process in /proc/self/status.  Raw system calls
 * only; signal-safe. */
#ifndef ALCK_PRELOAD_PROC_STATUS_H
#define ALCK_PRELOAD_PROC_STATUS_H

/* The number in the line that begins with NAME ("TracerPid"), or -1 where there
 * is no such line, or no /proc. */
long alck_proc_status(const char *name);

/* Is a debugger (or strace) attached? */
int alck_is_traced(void);

#endif
