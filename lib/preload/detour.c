/* SPDX-License-Identifier: MIT */
/* Detours: see detour.h. */
#include <sys/mman.h>

#include "preload/arch.h"
#include "preload/detour-near.h"
#include "preload/detour-plan.h"
#include "preload/detour.h"
#include "preload/insn.h"
#include "preload/sys.h"

#define PAGE_SIZE 4096UL
#define RUN_GAP	  0x10000UL /* code between two patches that is opened, too */

/* ------------------------------------------------------------- preparing them
 */

/* Where the module's code around FUNCTION begins and ends. */
static int find_code(const struct alck_module *m, uintptr_t function,
		     uintptr_t *low, uintptr_t *high)
{
	for (uint32_t i = 0; i < m->nphdr; i++) {
		const ElfW(Phdr) *p = &m->phdr[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) ||
		    !(p->p_flags & PF_R))
			continue;
		*low = m->bias + p->p_vaddr;
		*high = *low + p->p_filesz;
		if (function >= *low && function < *high)
			return 0;
	}
	return -1;
}

/* Writes D's piece at PIECE_AT; returns why it cannot, or NULL. */
static const char *write_piece(struct alck_detour *d, struct alck_moved *moved,
			       const struct alck_plan *plan, uintptr_t piece_at)
{
	unsigned char *way = (unsigned char *)piece_at;
	unsigned char *code = (unsigned char *)(piece_at + ALCK_PIECE_CODE);
	const unsigned char *end = (unsigned char *)(piece_at + ALCK_PIECE);
	uintptr_t back = d->function + plan->landing + plan->length;
	unsigned char *p = code;
	size_t n;

	way += alck_insn_put_landing(way);
	alck_insn_jump_far(way, d->to);
	*moved = (struct alck_moved){.function = d->function};
	/* The landing pad's own place: where the first instruction was. */
	moved->there[moved->count++] = plan->at[0];
	p += alck_insn_put_landing(p);
	for (unsigned int i = 0; i < plan->count; i++) {
		const unsigned char *from =
			(const unsigned char *)(d->function + plan->at[i]);
		struct alck_insn insn;

		if (alck_insn_decode(from, ALCK_INSN_MAX, (uintptr_t)from,
				     &insn) ||
		    end - p < (long)(ALCK_INSN_MOVED_MAX + 4))
			return "its first instructions have no room";
		n = alck_insn_move(&insn, from, p, (uintptr_t)p);
		if (!n)
			return "its first instructions hold only where they "
			       "stand";
		moved->here[moved->count] = (uint8_t)(p - code);
		moved->there[moved->count++] = plan->at[i];
		if (insn.kind == ALCK_INSN_CALL) {
			moved->called = insn.target;
			moved->pushed =
				(uint8_t)(p - code + ALCK_INSN_CALL_PUSHED);
		}
		p += n;
	}
	if (!plan->ends) {
		n = alck_insn_jump(p, (uintptr_t)p, back);
		if (!n)
			return "its first instructions would be too far away";
		moved->here[moved->count] = (uint8_t)(p - code);
		moved->there[moved->count++] =
			(uint8_t)(plan->landing + plan->length);
	}
	d->moved = (uintptr_t)code;
	d->landing = plan->landing;
	d->length = plan->length;
	return NULL;
}

static const char *make_plan(const struct alck_module *m,
			     const struct alck_detour *d, int quiet,
			     struct alck_plan *plan)
{
	uintptr_t low, high;
	const char *why;

	if (find_code(m, d->function, &low, &high))
		return "it does not lie in its module's code";
	why = alck_plan_make(plan, d->function, d->size, low, high);
	if (!why && plan->calls && alck_arch_has_shadow_stack())
		return "it begins with a call, whose return is checked";
	if (!why && !quiet && !alck_plan_is_atomic(plan, d->function))
		return "threads may be in its first instructions, which a "
		       "single store cannot replace";
	return why;
}

const char *alck_detour_prepare(const struct alck_module *m,
				struct alck_detour *d, unsigned int n,
				int quiet)
{
	struct alck_near *r;

	for (unsigned int i = 0; i < n; i++) {
		d[i].moved = 0;
		d[i].refused = NULL;
	}
	if (n > ALCK_DETOURS_MAX)
		n = ALCK_DETOURS_MAX;
	r = n ? alck_near_new(m, n) : NULL;
	if (!r)
		return "no memory is to be had near it";
	for (unsigned int i = 0; i < n; i++) {
		struct alck_plan plan;

		r->moved[i] = (struct alck_moved){.function = d[i].function};
		d[i].refused = make_plan(m, &d[i], quiet, &plan);
		if (!d[i].refused)
			d[i].refused = write_piece(&d[i], &r->moved[i], &plan,
						   alck_near_piece(r, i));
	}
	if (alck_near_seal(r, n)) {
		for (unsigned int i = 0; i < n; i++)
			d[i].moved = 0;
		return "the kernel does not let code be written";
	}
	return NULL;
}

/* -------------------------------------------------------------- putting them
 * in
 */

static void sort(struct alck_detour *d, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		struct alck_detour one = d[i];
		unsigned int k = i;

		for (; k && d[k - 1].function > one.function; k--)
			d[k] = d[k - 1];
		d[k] = one;
	}
}

/* By one aligned store where it is all in one word.  Where it is not, nobody
 * is running the code: see make_plan. */
static void put_jump(const struct alck_detour *d, uintptr_t way)
{
	uintptr_t at = d->function + d->landing;
	uint64_t *word = (uint64_t *)(at & ~(uintptr_t)7);
	unsigned char jump[8] = {0};
	uint64_t code, mask, bits = 0;
	unsigned int shift = (unsigned int)(at % 8) * 8;

	alck_insn_jump(jump, at, way);
	if (at % 8 + ALCK_INSN_JUMP_LENGTH > 8) {
		for (int i = 0; i < ALCK_INSN_JUMP_LENGTH; i++)
			((volatile unsigned char *)at)[i] = jump[i];
		return;
	}
	for (unsigned int i = 0; i < ALCK_INSN_JUMP_LENGTH; i++)
		bits |= (uint64_t)jump[i] << 8 * i;
	mask = (UINT64_C(1) << 8 * ALCK_INSN_JUMP_LENGTH) - 1;
	code = (*word & ~(mask << shift)) | bits << shift;
	__atomic_store_n(word, code, __ATOMIC_RELEASE);
}

/* Opens the code of those from D on that lie close together, puts the jumps
 * in, and closes it.  Returns how many. */
static unsigned int put_run(const struct alck_module *m, struct alck_detour *d,
			    unsigned int n, int *failed)
{
	uintptr_t low = d[0].function & -PAGE_SIZE, high = 0;
	unsigned int run = 0;

	while (run < n && (!run || d[run].function - high < RUN_GAP)) {
		high = d[run].function + d[run].landing + d[run].length;
		run++;
	}
	high = (high + PAGE_SIZE - 1) & -PAGE_SIZE;
	/* All three at once: where a policy refuses to make written pages
	 * executable, this fails now and not when it is too late. */
	if (alck_sys_mprotect((void *)low, high - low,
			      PROT_READ | PROT_WRITE | PROT_EXEC)) {
		*failed = 1;
		return run;
	}
	for (unsigned int i = 0; i < run; i++)
		if (d[i].moved)
			put_jump(&d[i], d[i].moved - ALCK_PIECE_CODE);
	alck_sys_mprotect((void *)low, high - low,
			  alck_module_protection(m, d[0].function));
	return run;
}

const char *alck_detour_commit(const struct alck_module *m,
			       struct alck_detour *d, unsigned int n)
{
	static const char why[] = "the kernel does not let code be changed";
	const char *refused = NULL;
	unsigned int run;

	sort(d, n);
	for (unsigned int i = 0; i < n; i += run) {
		int failed = 0;

		run = 1;
		if (!d[i].moved)
			continue;
		run = put_run(m, d + i, n - i, &failed);
		for (unsigned int k = i; failed && k < i + run; k++)
			if (d[k].moved)
				d[k].refused = refused = why;
	}
	return refused;
}
