/* SPDX-License-Identifier: MIT */
/* What the ways of walking the stack share among themselves: see unwind.h. */
#ifndef ALCK_PRELOAD_UNWIND_INTERNAL_H
#define ALCK_PRELOAD_UNWIND_INTERNAL_H

#include <stdint.h>

/* A walk ended before the outermost frame for want of unwind tables. */
void alck_unwind_count_short(void);

/* libunwind was opened. */
void alck_unwind_libunwind_found(void);

/* Can the 8 bytes at ADDR, which is aligned, be read?  Pages of the current
 * stack that were found readable are remembered for the thread. */
int alck_unwind_readable(uintptr_t addr);

#endif
