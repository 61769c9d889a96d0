/* SPDX-License-Identifier: MIT */
/*
 * A clock for each allocation: CLOCK_MONOTONIC_COARSE, which the kernel sets at
 * each of its ticks, read in the vDSO without a system call.
 *
 * The vDSO's own function is called and not libc's, which is not relocated yet
 * when the first block comes, and which programs and their tools interpose
 * (libfaketime does) with what may allocate.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_CLOCK_H
#define ALCK_PRELOAD_CLOCK_H

#include <stdint.h>

/* Looks for the function in the vDSO; once, at the start.  Where there is none
 * (valgrind hides it) the kernel is asked each time. */
void alck_clock_find(void);

/* Nanoseconds since the process started, up to 10 ms (a tick) too few. */
uint64_t alck_clock_coarse(void);

#endif
