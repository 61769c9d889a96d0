/* SPDX-License-Identifier: MIT */
/*
 * Walking the stack: one interface, four ways.
 *
 *   cfi        the unwind tables of each module, kept as one word for each
 *              return address once they were read
 *   libunwind  libunwind.so.8, opened at run time; unw_backtrace alone
 *   fp         the chain of frame pointers
 *   caller     the return address of the call and nothing more
 *
 * Nothing here allocates, takes a lock (the libunwind way may take the
 * loader's) or faults, whatever lies on the stack.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_UNWIND_H
#define ALCK_PRELOAD_UNWIND_H

#include <stdint.h>

#include "preload/trace.h"

/* Where a walk begins: the program's state right after the call it made. */
struct alck_frame {
	uintptr_t pc; /* return address in the program */
	uintptr_t sp; /* stack pointer after the return: the callee's CFA */
	uintptr_t fp; /* the caller's frame pointer register */
};

/*
 * Fills in FRAME for the caller of the function in which this stands.  That
 * function may have been reached by a tail jump; what counts is the return
 * address on the stack.  It gets a frame pointer by this (the built-in asks
 * for one), so the caller's own lies where the frame pointer points.
 */
#define alck_frame_here(frame)                                          \
	do {                                                            \
		const uintptr_t *alck_fp_ = __builtin_frame_address(0); \
		(frame)->pc = (uintptr_t)__builtin_return_address(0);   \
		(frame)->sp = (uintptr_t)(alck_fp_ + 2);                \
		(frame)->fp = alck_fp_[0];                              \
	} while (0)

enum alck_unwind_way {
	ALCK_UNWIND_CFI,
	ALCK_UNWIND_LIBUNWIND,
	ALCK_UNWIND_FP,
	ALCK_UNWIND_CALLER,
};

struct alck_unwind_ops {
	const char *name;
	/* Fills PCS, which has room for MAX > 0; returns how many, at least
	 * 1. */
	unsigned (*walk)(uintptr_t *pcs, unsigned max,
			 const struct alck_frame *start);
};

extern const struct alck_unwind_ops alck_unwind_cfi;
extern const struct alck_unwind_ops alck_unwind_libunwind;
extern const struct alck_unwind_ops alck_unwind_fp;

/* Chooses the way.  Until then, and for ALCK_UNWIND_LIBUNWIND until
 * alck_unwind_libunwind_open has succeeded, it is cfi. */
void alck_unwind_select(enum alck_unwind_way way);

/* From a constructor, where dlopen may be called.  Returns 0, or -1 when
 * libunwind cannot be had. */
int alck_unwind_libunwind_open(void);

/* The stack from START outwards, innermost first: START's pc, then those of
 * its callers; return addresses, but for the one below a signal handler's
 * frame, which is where the signal came.  Returns the number, at most MAX. */
int alck_unwind(uintptr_t *pcs, unsigned max, const struct alck_frame *start);

/* The same by unwind tables, whatever way is in force; what of the stack
 * decided goes to *TRACE. */
unsigned alck_unwind_traced(uintptr_t *pcs, unsigned max,
			    const struct alck_frame *start,
			    struct alck_trace *trace);

/* The part of this thread's stack that was found readable: [LOW, HIGH). */
struct alck_unwind_known {
	uintptr_t low, high;
};

extern __thread struct alck_unwind_known alck_unwind_known
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Are stacks walked by unwind tables? */
int alck_unwind_is_cfi(void);

/* The way in force: "cfi", "libunwind", "fp", "caller", or "cfi (libunwind.so.8
 * not found)". */
const char *alck_unwind_name(void);

/* Walks that ended before the outermost frame for want of unwind tables. */
uint64_t alck_unwind_short_stacks(void);

#endif
