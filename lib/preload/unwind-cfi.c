/* SPDX-License-Identifier: MIT */
/*
 * Walking by unwind tables, as a debugger does, but for the few registers
 * that matter and with each address's rule remembered: two loads and a
 * comparison a frame.  Runs in the checked program, everywhere; signal-safe.
 *
 * Never trusts what it reads: the stack pointer must grow from frame to frame
 * and what is read must be readable, so that hand-written code without true
 * tables ends a walk and never the program.
 */
#include <stddef.h>

#include "preload/cfi-rule.h"
#include "preload/detour.h"
#include "preload/unwind.h"
#include "preload/unwind-internal.h"

/*
 * The rules found so far.  Slots are written without a lock: CHECK is the key
 * mixed with the rule, so a pair of two writers' halves fits no key.  A rule
 * that cannot be kept is worked out again.
 */
#define CACHE_BITS 16

static struct {
	uint64_t check, rule;
} cache[1u << CACHE_BITS];

/* Modules unloaded so far, above the generation for which they were counted.
 * A rule holds as long as no module goes: so the count is part of the key. */
static uint64_t epoch;

static uint64_t unloaded(void)
{
	uint32_t generation = alck_modules_generation(), count = 0, id, n;
	uint64_t known = __atomic_load_n(&epoch, __ATOMIC_RELAXED);
	const struct alck_module *module;

	if ((uint32_t)known == generation)
		return known >> 32;
	n = alck_modules_count();
	for (id = 0; id < n; id++) {
		module = alck_module(id);
		count += module && module->retired;
	}
	__atomic_store_n(&epoch, (uint64_t)count << 32 | generation,
			 __ATOMIC_RELAXED);
	return count;
}

static __attribute__((noinline, cold)) uint64_t
read_rule(uintptr_t pc, uint64_t key, size_t slot)
{
	const struct alck_module *module = alck_module_at(pc);
	uint64_t rule, old_rule, old_check;

	/* Generated code, or a module yet to be seen: not to be remembered. */
	if (!module)
		return ALCK_CFI_VALID | ALCK_CFI_NONE;
	rule = alck_cfi_rule(module, pc);
	old_rule = __atomic_load_n(&cache[slot].rule, __ATOMIC_RELAXED);
	old_check = __atomic_load_n(&cache[slot].check, __ATOMIC_RELAXED);
	__atomic_store_n(&cache[slot ^ 1].rule, old_rule, __ATOMIC_RELAXED);
	__atomic_store_n(&cache[slot ^ 1].check, old_check, __ATOMIC_RELAXED);
	__atomic_store_n(&cache[slot].rule, rule, __ATOMIC_RELAXED);
	__atomic_store_n(&cache[slot].check, key ^ rule, __ATOMIC_RELAXED);
	return rule;
}

static inline uint64_t find_rule(uintptr_t pc, uint64_t tag)
{
	uint64_t key = pc ^ tag << 47, rule;
	size_t slot = pc * UINT64_C(0x9e3779b97f4a7c15) >> (64 - CACHE_BITS);
	unsigned i;

	for (i = 0; i < 2; i++) {
		rule = __atomic_load_n(&cache[slot ^ i].rule, __ATOMIC_RELAXED);
		if ((__atomic_load_n(&cache[slot ^ i].check, __ATOMIC_RELAXED) ^
		     rule) == key &&
		    rule)
			return rule;
	}
	return read_rule(pc, key, slot);
}

/* The registers of a frame; rbp and rbx when they are known. */
struct state {
	uintptr_t pc, sp, rbp, rbx;
	uintptr_t rbp_at, rbx_at; /* where they were saved, 0: nowhere */
	uint8_t has_rbp, has_rbx;
	uint8_t exact; /* PC is where a signal came, no return address */
	struct alck_reads *reads; /* NULL: nobody wants to know */
};

static inline int peek(uintptr_t at, uintptr_t *value)
{
	if (at % 8 || !alck_unwind_readable(at))
		return -1;
	*value = *(const uintptr_t *)at;
	return 0;
}

/* VALUE at AT decides where the walk goes. */
static inline void note(const struct state *s, uintptr_t at, uintptr_t value)
{
	struct alck_reads *reads = s->reads;

	if (!reads)
		return;
	if (reads->n == ALCK_READS_MAX) {
		reads->overflow = 1;
		return;
	}
	reads->read[reads->n].at = at;
	reads->read[reads->n].value = value;
	reads->n++;
}

static inline int load(const struct state *s, uintptr_t at, uintptr_t *value)
{
	if (peek(at, value))
		return -1;
	note(s, at, *value);
	return 0;
}

/* The frame pointer decides where the walk goes.  Returns 0, or -1 when it is
 * not known. */
static inline int use_rbp(const struct state *s)
{
	if (!s->has_rbp)
		return -1;
	if (s->rbp_at)
		note(s, s->rbp_at, s->rbp);
	else if (s->reads)
		s->reads->uses_fp = 1;
	return 0;
}

static inline int use_rbx(const struct state *s)
{
	if (!s->has_rbx)
		return -1;
	note(s, s->rbx_at, s->rbx);
	return 0;
}

/* Places in the kernel's ucontext, in bytes. */
enum {
	UC_RBP = 120,
	UC_RBX = 128,
	UC_RSP = 160,
	UC_RIP = 168,
};

static int step_signal(struct state *s)
{
	uintptr_t at = s->sp;

	if (load(s, at + UC_RIP, &s->pc) || peek(at + UC_RBP, &s->rbp) ||
	    peek(at + UC_RBX, &s->rbx) || load(s, at + UC_RSP, &s->sp))
		return -1;
	/* Moved instructions have the unwind tables of where they were. */
	s->pc = alck_detour_origin(s->pc);
	s->rbp_at = at + UC_RBP;
	s->rbx_at = at + UC_RBX;
	s->has_rbp = s->has_rbx = s->exact = 1;
	return 0;
}

#define GUESS_MAX (UINT64_C(1) << 20) /* bytes of a frame that is guessed */

/* Generated code and assembly without tables mostly keep a frame pointer. */
static int step_guess(struct state *s)
{
	uintptr_t fp = s->rbp;

	if (use_rbp(s) || fp % 8 || fp < s->sp || fp - s->sp > GUESS_MAX ||
	    load(s, fp + 8, &s->pc) || peek(fp, &s->rbp))
		return -1;
	s->rbp_at = fp;
	s->sp = fp + 16;
	s->has_rbx = s->exact = 0;
	return 0;
}

/* Finds where the caller's value of a register was saved: *AT, and the value
 * in *VALUE.  Where it was not, both stay. */
static inline int restore(uint64_t rule, unsigned shift, uintptr_t cfa,
			  const struct state *s, uintptr_t *value,
			  uintptr_t *at, uint8_t *has)
{
	uintptr_t base = cfa;

	switch (alck_cfi_saved(rule, shift)) {
	case ALCK_CFI_SAME:
		return 0;
	case ALCK_CFI_LOST:
		*has = 0;
		return 0;
	case ALCK_CFI_AT_RBP:
		if (use_rbp(s))
			return -1;
		base = s->rbp;
		break;
	case ALCK_CFI_AT_CFA:
		break;
	}
	*has = 1;
	*at = base + (uintptr_t)alck_cfi_saved_offset(rule, shift);
	return peek(*at, value);
}

/* From a frame to its caller's.  Returns 0, 1 at the outermost frame, -1 when
 * there is no telling. */
static inline int step(struct state *s, uint64_t rule)
{
	uintptr_t offset = (uintptr_t)alck_cfi_offset(rule), cfa;
	struct state next = *s;

	switch (alck_cfi_type(rule)) {
	case ALCK_CFI_RSP:
		cfa = s->sp + offset;
		break;
	case ALCK_CFI_RBP:
		if (use_rbp(s))
			return -1;
		cfa = s->rbp + offset;
		break;
	case ALCK_CFI_RBX:
		if (use_rbx(s))
			return -1;
		cfa = s->rbx + offset;
		break;
	case ALCK_CFI_DEREF_RSP:
		if (load(s, s->sp + offset, &cfa))
			return -1;
		break;
	case ALCK_CFI_DEREF_RBP:
		if (use_rbp(s) || load(s, s->rbp + offset, &cfa))
			return -1;
		break;
	case ALCK_CFI_SIGNAL:
		return step_signal(s);
	case ALCK_CFI_NONE:
		return step_guess(s);
	case ALCK_CFI_END:
		return 1;
	default:
		return -1;
	}
	if (cfa <= s->sp || load(s, cfa - 8, &next.pc) ||
	    restore(rule, ALCK_CFI_RBP_SHIFT, cfa, s, &next.rbp, &next.rbp_at,
		    &next.has_rbp) ||
	    restore(rule, ALCK_CFI_RBX_SHIFT, cfa, s, &next.rbx, &next.rbx_at,
		    &next.has_rbx))
		return -1;
	next.sp = cfa;
	next.exact = 0;
	*s = next;
	return 0;
}

unsigned alck_unwind_noting(uintptr_t *pcs, unsigned max,
			    const struct alck_frame *start,
			    struct alck_reads *reads)
{
	struct state s = {
		.pc = start->pc,
		.sp = start->sp,
		.rbp = start->fp,
		.has_rbp = 1,
		.reads = reads,
	};
	uint64_t tag = unloaded();
	unsigned n = 0;
	int end;

	if (reads)
		reads->n = reads->overflow = reads->uses_fp = 0;
	pcs[n++] = s.pc;
	while (n < max) {
		end = step(&s, find_rule(s.pc - !s.exact, tag));
		if (end < 0)
			alck_unwind_count_short();
		/* Some threads' first frame has 0 for a return address. */
		if (end || !s.pc)
			break;
		pcs[n++] = s.pc;
	}
	return n;
}

static unsigned walk(uintptr_t *pcs, unsigned max,
		     const struct alck_frame *start)
{
	return alck_unwind_noting(pcs, max, start, NULL);
}

const struct alck_unwind_ops alck_unwind_cfi = {"cfi", walk};
