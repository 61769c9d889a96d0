/* SPDX-License-Identifier: MIT */
/* What code functions lead to: see code-reach.h. */
#include <sys/mman.h>

#include "preload/cfi-rule.h"
#include "preload/code-reach.h"
#include "preload/definition.h"
#include "preload/insn.h"
#include "preload/sys.h"

#define PENDING_MAX 16384
#define CODE_MAX    (512ul << 20) /* a byte is kept for each one of it */

#define WAY_OUT_INSNS 6

/* What has been walked, by instruction, and what is known not to be worth it.
 */
enum { BY_A = 1, BY_B = 2, WAY_OUT = 4 };

const char *const alck_mapping_calls[ALCK_MAPPING_CALLS] = {
	"mmap", "mmap64", "munmap", "mremap", "sbrk"};

struct walk {
	const struct alck_module *module;
	uintptr_t low, high; /* of the code */
	unsigned char *seen; /* of each byte, by whom */
	size_t len;	     /* of the memory at SEEN */
	uintptr_t *pending;
	unsigned int npending;
	int me;				       /* BY_A or BY_B */
	uintptr_t part_low, part_high;	       /* the function last looked at */
	uintptr_t mapping[ALCK_MAPPING_CALLS]; /* the module's own, or 0 */
};

/* The segment of code that FUNCTION lies in: what is in others is not looked
 * at. */
static int find_code(struct walk *w, uintptr_t function)
{
	for (uint32_t i = 0; i < w->module->nphdr; i++) {
		const ElfW(Phdr) *p = &w->module->phdr[i];

		w->low = w->module->bias + p->p_vaddr;
		w->high = w->low + p->p_filesz;
		if (p->p_type == PT_LOAD && (p->p_flags & PF_X) &&
		    (p->p_flags & PF_R) && function >= w->low &&
		    function < w->high)
			return w->high - w->low > CODE_MAX ? -1 : 0;
	}
	return -1;
}

static int begin(struct walk *w, uintptr_t function)
{
	struct alck_definition d;
	size_t code;

	if (find_code(w, function))
		return -1;
	code = (w->high - w->low + 7) & ~(size_t)7;
	w->len = code + PENDING_MAX * sizeof(*w->pending);
	w->seen = (unsigned char *)alck_sys_mmap(
		NULL, w->len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	w->pending = (uintptr_t *)(w->seen + code);
	for (unsigned int i = 0; i < ALCK_MAPPING_CALLS; i++)
		if (alck_definition_find(w->module, alck_mapping_calls[i], &d))
			w->mapping[i] = d.address;
	return w->seen ? 0 : -1;
}

static int decode(const struct walk *w, uintptr_t at, struct alck_insn *insn)
{
	if (at < w->low || at >= w->high)
		return -1;
	return alck_insn_decode((const unsigned char *)at, w->high - at, at,
				insn);
}

/* An allocator may bring libc's functions with it, for all in the object
 * (gperftools does). */
static int is_in_place_of_libc(const struct walk *w, uintptr_t at)
{
	for (unsigned int i = 0; i < ALCK_MAPPING_CALLS; i++)
		if (at == w->mapping[i])
			return 1;
	return 0;
}

static int is_bound(const ElfW(Rela) * r, size_t n, uintptr_t offset)
{
	for (size_t i = 0; i < n; i++)
		if (r[i].r_offset == offset && ELF64_R_SYM(r[i].r_info))
			return 1;
	return 0;
}

/* Does INSN jump to where the loader says? */
static int jumps_out(const struct walk *w, const struct alck_insn *insn)
{
	const struct alck_module *m = w->module;
	uintptr_t slot = insn->target - m->bias;

	return insn->kind == ALCK_INSN_JUMP && !insn->leads && insn->relative &&
	       (is_bound(m->jmprel, m->njmprel, slot) ||
		is_bound(m->rela, m->nrela, slot));
}

/* Is the code at AT a way out of the object: the linker's, or one of the few
 * functions that libc has linked into every object (atexit, pthread_atfork)?
 * Who shares such shares nothing. */
static int is_way_out(const struct walk *w, uintptr_t at, int may_lead)
{
	struct alck_insn insn;

	if (is_in_place_of_libc(w, at))
		return 1;
	for (int i = 0; i < WAY_OUT_INSNS; i++) {
		if (decode(w, at, &insn))
			return 0;
		if (insn.kind == ALCK_INSN_JUMP)
			return insn.leads
				       ? may_lead &&
						 is_way_out(w, insn.target, 0)
				       : jumps_out(w, &insn);
		if (insn.kind != ALCK_INSN_PLAIN &&
		    insn.kind != ALCK_INSN_PADDING)
			return 0;
		at += insn.length;
	}
	return 0;
}

/* Returns -1 where there are too many. */
static int push(struct walk *w, uintptr_t at)
{
	unsigned char *seen;

	if (at < w->low || at >= w->high)
		return 0;
	seen = &w->seen[at - w->low];
	if (*seen & (w->me | WAY_OUT))
		return 0;
	if (is_way_out(w, at, 1)) {
		*seen |= WAY_OUT;
		return 0;
	}
	if (w->npending == PENDING_MAX)
		return -1;
	w->pending[w->npending++] = at;
	return 0;
}

/* Where the function at AT, or the part of it, ends.  Behind a call that does
 * not come back there may be another one. */
static uintptr_t end_of(struct walk *w, uintptr_t at)
{
	if (at >= w->part_low && at < w->part_high)
		return w->part_high;
	if (!alck_cfi_function(w->module, at, &w->part_low, &w->part_high))
		return w->part_high;
	w->part_low = w->part_high = 0;
	return w->high;
}

/* Walks on from AT.  Returns 1 where it meets what the other one has walked, or
 * what is not understood. */
static int go(struct walk *w, uintptr_t at)
{
	uintptr_t end = w->high;
	struct alck_insn insn;

	if (!(w->seen[at - w->low] & w->me))
		end = end_of(w, at);
	while (at < end) {
		unsigned char *seen = &w->seen[at - w->low];

		if (*seen & w->me)
			return 0;
		if ((*seen & (BY_A | BY_B)) || decode(w, at, &insn))
			return 1;
		*seen |= (unsigned char)w->me;
		if (insn.leads && push(w, insn.target))
			return 1;
		if (insn.kind == ALCK_INSN_JUMP ||
		    insn.kind == ALCK_INSN_RETURN ||
		    insn.kind == ALCK_INSN_STOP)
			return 0;
		at += insn.length;
	}
	return 0;
}

static int walk(struct walk *w, const struct alck_code *from, int me)
{
	int met = 0;

	w->me = me;
	for (unsigned int i = 0; i < from->n && !met; i++) {
		/* What lies in another segment cannot be looked at. */
		met = from->at[i] < w->low || from->at[i] >= w->high ||
		      go(w, from->at[i]);
		while (w->npending && !met)
			met = go(w, w->pending[--w->npending]);
	}
	return met;
}

int alck_code_is_shared(const struct alck_module *m, const struct alck_code *a,
			const struct alck_code *b)
{
	struct walk w = {.module = m};
	int shared;

	if (!a->n || !b->n || begin(&w, a->at[0]))
		return 1;
	shared = walk(&w, a, BY_A) || walk(&w, b, BY_B);
	alck_sys_munmap(w.seen, w.len);
	return shared;
}
