/* SPDX-License-Identifier: MIT */
/*
 * May the first instructions of a function be moved elsewhere and a jump be
 * put in their place?  Reads code and changes nothing; refuses whatever it
 * does not understand.  Pure, but for the code that it reads; signal-safe.
 */
#ifndef ALCK_PRELOAD_DETOUR_PLAN_H
#define ALCK_PRELOAD_DETOUR_PLAN_H

#include <stddef.h>
#include <stdint.h>

#define ALCK_PLAN_INSNS 5 /* one a byte of the longest jump */

struct alck_plan {
	uint8_t landing; /* bytes of the landing pad, which stays */
	uint8_t length;	 /* bytes of the instructions behind it to be moved */
	uint8_t count;	 /* of those instructions */
	uint8_t ends;	 /* the last one does not go on, or comes back itself */
	uint8_t calls;	 /* it is a call */
	uint8_t at[ALCK_PLAN_INSNS]; /* where each stands in the function */
};

/* Makes the plan for the function of SIZE bytes at FUNCTION, whose module's
 * code is [LOW, HIGH).  Returns NULL, or in words why it must be left alone. */
const char *alck_plan_make(struct alck_plan *plan, uintptr_t function,
			   size_t size, uintptr_t low, uintptr_t high);

/* Is the jump, put in by PLAN, one aligned store, in place of one instruction?
 * Then a thread may run through it meanwhile: it finds the one or the other,
 * and stands nowhere in between. */
int alck_plan_is_atomic(const struct alck_plan *plan, uintptr_t function);

#endif
