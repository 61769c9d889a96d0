/* SPDX-License-Identifier: MIT */
/*
 * Unwind tables (.eh_frame) read down to one word for an address: how the
 * caller's frame is found from there.  Raw reading, no allocation, less than
 * 1 KiB of stack; every table is read within its module's bounds.
 * Signal-safe.
 *
 * A rule:
 *   63     1: this is one
 *   59-44  where rbx was saved    each: 15-14 enum alck_cfi_saved,
 *   43-28  where rbp was saved          13-0 offset / 8, signed
 *   27-4   offset of the CFA / 8, signed
 *   3-0    enum alck_cfi_type
 */
#ifndef ALCK_PRELOAD_CFI_RULE_H
#define ALCK_PRELOAD_CFI_RULE_H

#include <stdint.h>

#include "preload/modules.h"

/* What the CFA (the stack pointer before the call) is made from. */
enum alck_cfi_type {
	ALCK_CFI_NONE,	    /* no table speaks of the address */
	ALCK_CFI_RSP,	    /* rsp + offset */
	ALCK_CFI_RBP,	    /* rbp + offset */
	ALCK_CFI_RBX,	    /* rbx + offset */
	ALCK_CFI_DEREF_RSP, /* what lies at rsp + offset */
	ALCK_CFI_DEREF_RBP, /* what lies at rbp + offset: a realigned stack */
	ALCK_CFI_SIGNAL,    /* the kernel's signal frame lies at rsp */
	ALCK_CFI_END,	    /* the outermost frame */
	ALCK_CFI_FAIL,	    /* a rule that we do not follow */
};

enum alck_cfi_saved {
	ALCK_CFI_SAME,	 /* not saved: the register still has it */
	ALCK_CFI_AT_CFA, /* at CFA + offset */
	ALCK_CFI_AT_RBP, /* at rbp + offset, rbp being the callee's */
	ALCK_CFI_LOST,
};

#define ALCK_CFI_VALID	   (UINT64_C(1) << 63)
#define ALCK_CFI_RBP_SHIFT 28
#define ALCK_CFI_RBX_SHIFT 44

static inline enum alck_cfi_type alck_cfi_type(uint64_t rule)
{
	return rule & 15;
}

static inline intptr_t alck_cfi_offset(uint64_t rule)
{
	return (intptr_t)((int32_t)((uint32_t)rule << 4) >> 8) * 8;
}

static inline enum alck_cfi_saved alck_cfi_saved(uint64_t rule, unsigned shift)
{
	return rule >> (shift + 14) & 3;
}

static inline intptr_t alck_cfi_saved_offset(uint64_t rule, unsigned shift)
{
	return (intptr_t)((int16_t)(rule >> shift << 2) >> 2) * 8;
}

/* The rule at PC (not a return address: the call instruction's last byte, or
 * where a signal came) in MODULE. */
uint64_t alck_cfi_rule(const struct alck_module *module, uintptr_t pc);

/* Where the function at PC, or that part of it, begins and ends: [*LOW, *HIGH).
 * Returns 0, or -1 where no table speaks of it. */
int alck_cfi_function(const struct alck_module *module, uintptr_t pc,
		      uintptr_t *low, uintptr_t *high);

#endif
