/* SPDX-License-Identifier: MIT */
/* Entries that are nothing but a jump to another one: see passing.h. */
#include "preload/entries.h"
#include "preload/insn.h"
#include "preload/passing.h"
#include "preload/runtime.h"

/* From thunks-*.S, and known to it by name. */
uintptr_t alck_on_passing(uintptr_t a0, uintptr_t a1, uintptr_t a2,
			  uintptr_t a3, uintptr_t a4,
			  struct alck_entry *e) ALCK_HIDDEN;

/* Reads M's instruction at AT, behind a landing pad.  Returns 0, or -1. */
static int read_insn(const struct alck_module *m, uintptr_t at,
		     struct alck_insn *insn)
{
	if (at < m->low || at + 2 * ALCK_INSN_MAX > m->high)
		return -1;
	at += alck_insn_landing((const unsigned char *)at, ALCK_INSN_MAX);
	return alck_insn_decode((const unsigned char *)at, ALCK_INSN_MAX, at,
				insn);
}

/* The slot that M's code at AT jumps by: at once, or by way of the object's
 * linkage table.  NULL if it does anything else, or something before. */
static uintptr_t *slot_at(const struct alck_module *m, uintptr_t at)
{
	struct alck_insn insn;

	for (unsigned int jumps = 0; jumps < 2; jumps++) {
		if (read_insn(m, at, &insn) || insn.kind != ALCK_INSN_JUMP ||
		    !insn.relative)
			return NULL;
		if (!insn.leads)
			return (uintptr_t *)insn.target;
		at = insn.target;
	}
	return NULL;
}

static uintptr_t *slot_of(const struct alck_entry *e)
{
	return slot_at(e->provider->module, (uintptr_t)e->real);
}

int alck_passing_calls(const struct alck_entry *e)
{
	const struct alck_module *m = e->provider->module;
	uintptr_t at = (uintptr_t)e->real;
	struct alck_insn insn;

	if (e->shape != ALCK_ALLOC ||
	    (e->api != ALCK_API_NEW && e->api != ALCK_API_NEW_ARRAY))
		return 0;
	for (; !read_insn(m, at, &insn); at = insn.at + insn.length) {
		if (insn.kind == ALCK_INSN_CALL)
			return !insn.leads || slot_at(m, insn.target);
		if (insn.kind != ALCK_INSN_PLAIN &&
		    insn.kind != ALCK_INSN_PADDING)
			break;
	}
	return 0;
}

int alck_passing_jumps(const struct alck_entry *e)
{
	/* Which entry was called is looked at where classes of blocks are; and
	 * a home-made allocator proves itself in each call. */
	return (e->shape == ALCK_FREE || e->shape == ALCK_FREE_SIZED) &&
	       !e->ptr && !(e->reach & ALCK_DETOURED) &&
	       alck_runtime.options.mismatch == ALCK_MISMATCH_OFF &&
	       !(e->provider->family->flags & ALCK_UNPROVEN) && slot_of(e);
}

static int is_free(const struct alck_entry *e)
{
	return e && (e->shape == ALCK_FREE || e->shape == ALCK_FREE_SIZED);
}

void alck_passing_settle(struct alck_entry *e)
{
	const struct alck_module *m = e->provider->module;
	uintptr_t *slot = slot_of(e), to;

	if (!slot) {
		e->jumps = 0; /* it has a detour by now */
		return;
	}
	to = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (is_free(alck_entry_by_address(to)))
		/* What the C++ runtime hands on is judged, and named, where it
		 * comes out. */
		__atomic_store_n(&e->handler,
				 e->forwards ? (void *)alck_enter_through
					     : (void *)alck_enter_passing,
				 __ATOMIC_RELAXED);
	else if (to >= m->low && to < m->high)
		return; /* not bound yet */
	e->jumps = 0;
}

uintptr_t alck_on_passing(uintptr_t a0, uintptr_t a1, uintptr_t a2,
			  uintptr_t a3, uintptr_t a4, struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	struct alck_frame frame;

	alck_frame_here(&frame);
	t->passed = e;
	t->passed_pc = frame.pc;
	t->passed_sp = frame.sp;
	return ((uintptr_t(*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t,
			      uintptr_t))e->real)(a0, a1, a2, a3, a4);
}

struct alck_entry *alck_passing_origin(const struct alck_thread *t,
				       const struct alck_entry *e,
				       const struct alck_frame *frame)
{
	struct alck_entry *origin = t->passed;

	return origin && origin->provider == e->provider &&
			       t->passed_pc == frame->pc &&
			       t->passed_sp == frame->sp
		       ? origin
		       : &alck_entries[e->id];
}
