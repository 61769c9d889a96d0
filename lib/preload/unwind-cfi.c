/* SPDX-License-Identifier: MIT */
/*
 * Walking by unwind tables, as a debugger does, but for the few registers
 * that matter and with each address's rule remembered.  Nearly every frame is
 * found from the stack pointer or rbp by adding a number: those are taken in
 * walk itself, the others in step.  Runs in the checked program, everywhere;
 * signal-safe.
 *
 * Never trusts what it reads: the stack pointer must grow from frame to frame
 * and what is read must be readable, so that hand-written code without true
 * tables ends a walk and never the program.
 */
#include <stddef.h>

#include "preload/cfi-cache.h"
#include "preload/cfi-rule.h"
#include "preload/detour.h"
#include "preload/unwind.h"
#include "preload/unwind-internal.h"

/* Where a caller's register is: at an address, or one of these. */
#define IN_REGISTER 0 /* as it was where the walk began */
#define LOST	    UINTPTR_MAX

/* A frame; the registers are read when they are needed. */
struct cursor {
	uintptr_t pc, sp;
	uintptr_t rbp_at, rbx_at;
	unsigned exact;	 /* PC is where a signal came, no return address */
	unsigned frames; /* left behind so far */
};

struct walk {
	const struct alck_frame *start;
	struct alck_trace *trace;
};

static inline int peek(uintptr_t at, uintptr_t *value)
{
	if (at % 8 || !alck_unwind_readable(at))
		return -1;
	*value = *(const uintptr_t *)at;
	return 0;
}

/* An address that decides where the walk goes on from C. */
static inline int load_link(const struct walk *w, const struct cursor *c,
			    uintptr_t at, uintptr_t *value)
{
	if (peek(at, value))
		return -1;
	alck_trace_link(w->trace, c->frames, w->start->sp, at, *value);
	return 0;
}

/* Of a register, found at AT. */
static inline int load_register(const struct walk *w, const struct cursor *c,
				uintptr_t at, uintptr_t *value)
{
	if (__builtin_expect(at == LOST, 0))
		return -1;
	if (at != IN_REGISTER)
		return load_link(w, c, at, value);
	w->trace->uses_fp = 1;
	*value = w->start->fp;
	return 0;
}

/* To the caller, whose frame is above CFA. */
static inline void go(const struct walk *w, struct cursor *c, uintptr_t cfa)
{
	c->pc = ((const uintptr_t *)cfa)[-1];
	alck_trace_frame(w->trace, c->frames++, w->start->sp, cfa - 8);
	c->sp = cfa;
	c->exact = 0;
}

/* Places in the kernel's ucontext, in bytes. */
enum {
	UC_RBP = 120,
	UC_RBX = 128,
	UC_RSP = 160,
	UC_RIP = 168,
};

static int step_signal(const struct walk *w, struct cursor *c)
{
	uintptr_t at = c->sp;

	/* It may lead to another stack: such a walk is not known again. */
	w->trace->overflow = 1;
	if (peek(at + UC_RIP, &c->pc) || peek(at + UC_RSP, &c->sp))
		return -1;
	/* Moved instructions have the unwind tables of where they were. */
	c->pc = alck_detour_origin(c->pc);
	c->rbp_at = at + UC_RBP;
	c->rbx_at = at + UC_RBX;
	c->exact = 1;
	c->frames++;
	return 0;
}

#define GUESS_MAX (UINT64_C(1) << 20) /* bytes of a frame that is guessed */

/* Generated code and assembly without tables mostly keep a frame pointer. */
static int step_guess(const struct walk *w, struct cursor *c)
{
	uintptr_t fp;

	if (load_register(w, c, c->rbp_at, &fp) || fp % 8 || fp < c->sp ||
	    fp - c->sp > GUESS_MAX || !alck_unwind_readable(fp + 8))
		return -1;
	go(w, c, fp + 16);
	c->rbp_at = fp;
	c->rbx_at = LOST;
	return 0;
}

/* Finds where the caller's value of a register is, C's being at *AT. */
static inline int restore(const struct walk *w, const struct cursor *c,
			  uint64_t rule, unsigned shift, uintptr_t cfa,
			  uintptr_t *at)
{
	uintptr_t rbp;

	switch (alck_cfi_saved(rule, shift)) {
	case ALCK_CFI_SAME:
		break;
	case ALCK_CFI_AT_CFA:
		*at = cfa + (uintptr_t)alck_cfi_saved_offset(rule, shift);
		break;
	case ALCK_CFI_AT_RBP:
		if (load_register(w, c, c->rbp_at, &rbp))
			return -1;
		*at = rbp + (uintptr_t)alck_cfi_saved_offset(rule, shift);
		break;
	default:
		*at = LOST;
	}
	return 0;
}

/* From a frame to its caller's.  Returns 0, 1 at the outermost frame, -1 when
 * there is no telling. */
static __attribute__((noinline)) int step(const struct walk *w,
					  struct cursor *c, uint64_t rule)
{
	uintptr_t offset = (uintptr_t)alck_cfi_offset(rule), cfa;
	uintptr_t rbp_at = c->rbp_at, rbx_at = c->rbx_at;

	switch (alck_cfi_type(rule)) {
	case ALCK_CFI_RSP:
		cfa = c->sp + offset;
		break;
	case ALCK_CFI_RBP:
		if (load_register(w, c, c->rbp_at, &cfa))
			return -1;
		cfa += offset;
		break;
	case ALCK_CFI_RBX:
		if (load_register(w, c, c->rbx_at, &cfa))
			return -1;
		cfa += offset;
		break;
	case ALCK_CFI_DEREF_RSP:
		if (load_link(w, c, c->sp + offset, &cfa))
			return -1;
		break;
	case ALCK_CFI_DEREF_RBP:
		if (load_register(w, c, c->rbp_at, &cfa) ||
		    load_link(w, c, cfa + offset, &cfa))
			return -1;
		break;
	case ALCK_CFI_SIGNAL:
		return step_signal(w, c);
	case ALCK_CFI_NONE:
		return step_guess(w, c);
	case ALCK_CFI_END:
		return 1;
	default:
		return -1;
	}
	if (cfa <= c->sp || cfa % 8 || !alck_unwind_readable(cfa - 8) ||
	    restore(w, c, rule, ALCK_CFI_RBP_SHIFT, cfa, &rbp_at) ||
	    restore(w, c, rule, ALCK_CFI_RBX_SHIFT, cfa, &rbx_at))
		return -1;
	go(w, c, cfa);
	c->rbp_at = rbp_at;
	c->rbx_at = rbx_at;
	return 0;
}

/*
 * From C on through all frames that are found by adding to the stack pointer or
 * to rbp, in the part of the stack that is known; rbx gets lost.  Puts their
 * callers after the N in PCS, up to MAX; returns how many are there then.  In
 * local variables, for the compiler's sake.
 */
static inline __attribute__((always_inline)) unsigned
run(const struct walk *w, struct cursor *c, uintptr_t *pcs, unsigned n,
    unsigned max, uint64_t tag)
{
	uintptr_t pc = c->pc, sp = c->sp, rbp_at = c->rbp_at, cfa;
	uintptr_t high = alck_unwind_known.high, start_sp = w->start->sp;
	uint64_t rule;
	unsigned saved;

	if (c->exact || sp % 8 || sp < alck_unwind_known.low)
		return n;
	while (n < max) {
		rule = alck_cfi_cached(pc - 1, tag);
		saved = alck_cfi_saved(rule, ALCK_CFI_RBP_SHIFT);
		if (saved > ALCK_CFI_AT_CFA)
			break;
		cfa = sp + (uintptr_t)alck_cfi_offset(rule);
		if (__builtin_expect(alck_cfi_type(rule) != ALCK_CFI_RSP, 0)) {
			c->frames = n - 1;
			if (alck_cfi_type(rule) != ALCK_CFI_RBP ||
			    load_register(w, c, rbp_at, &cfa))
				break;
			cfa += (uintptr_t)alck_cfi_offset(rule);
			if (cfa <= sp || cfa % 8)
				break;
		}
		if (__builtin_expect(cfa > high, 0))
			break;
		if (saved == ALCK_CFI_AT_CFA)
			rbp_at = cfa + (uintptr_t)alck_cfi_saved_offset(
					       rule, ALCK_CFI_RBP_SHIFT);
		pc = ((const uintptr_t *)cfa)[-1];
		alck_trace_frame(w->trace, n - 1, start_sp, cfa - 8);
		sp = cfa;
		if (!pc)
			break;
		pcs[n++] = pc;
	}
	c->frames = n - 1;
	c->pc = pc;
	c->sp = sp;
	c->rbp_at = rbp_at;
	return n;
}

/* Returns the number of PCS, or 0 where it cannot do without rbx: what ld.so's
 * lazy binding is found by, and nothing else. */
static inline __attribute__((always_inline)) unsigned
walk(uintptr_t *pcs, unsigned max, const struct alck_frame *start,
     struct alck_trace *trace, int with_rbx)
{
	struct walk w = {start, trace};
	struct cursor c = {.pc = start->pc, .sp = start->sp, .rbx_at = LOST};
	uint64_t tag = alck_cfi_tag(), rule;
	unsigned n = 0;
	int end;

	alck_trace_begin(trace, c.sp);
	pcs[n++] = c.pc;
	for (;;) {
		if (!with_rbx)
			n = run(&w, &c, pcs, n, max, tag);
		/* Some threads' first frame has 0 for a return address. */
		if (n == max || !c.pc)
			break;
		rule = alck_cfi_cached(c.pc - !c.exact, tag);
		if (!with_rbx && alck_cfi_type(rule) == ALCK_CFI_RBX)
			return 0;
		end = step(&w, &c, rule);
		if (end < 0)
			alck_unwind_count_short();
		if (end || !c.pc)
			break;
		pcs[n++] = c.pc;
	}
	alck_trace_end(trace, n - 1, start->sp, c.sp, !c.pc);
	return n;
}

unsigned alck_unwind_traced(uintptr_t *pcs, unsigned max,
			    const struct alck_frame *start,
			    struct alck_trace *trace)
{
	unsigned n = walk(pcs, max, start, trace, 0);

	return n ? n : walk(pcs, max, start, trace, 1);
}

static unsigned walk_untraced(uintptr_t *pcs, unsigned max,
			      const struct alck_frame *start)
{
	struct alck_trace trace;

	return alck_unwind_traced(pcs, max, start, &trace);
}

const struct alck_unwind_ops alck_unwind_cfi = {"cfi", walk_untraced};
