/* SPDX-License-Identifier: MIT */
/* The stack memo: see stack-memo.h.  Signal-safe. */
#include <stddef.h>

#include "preload/arena.h"
#include "preload/runtime.h"
#include "preload/root.h"
#include "preload/stack-depot.h"
#include "preload/stack-memo.h"

#define NUMBERS 1024 /* threads with a higher number go without */
#define SETTLED 64   /* captures until a thread is worth the memory */

/* By thread number. */
static struct alck_memos *all[NUMBERS];
static struct alck_arena memory = {
	.first_bits = 22, .last_bits = 24, .free_space = 1};

struct alck_memos *alck_memos_of(struct alck_thread *t)
{
	uint32_t n = alck_thread_number(t);
	struct alck_memos *memos;

	if (t->memos)
		return t->memos;
	if (n >= NUMBERS || t->captures == UINT8_MAX)
		return NULL;
	if (t->captures < SETTLED) {
		t->captures++;
		return NULL;
	}
	memos = all[n];
	if (!memos)
		memos = alck_arena_take(&memory, sizeof(*memos), NULL);
	if (!memos)
		t->captures = UINT8_MAX; /* never again */
	all[n] = memos;
	t->memos = memos;
	return memos;
}

/* ------------------------------------------------------------------- stacks */

/* The child of M that has COMMON return addresses in common with it, or NULL.
 */
static struct alck_memo *child_of(struct alck_memos *memos,
				  const struct alck_memo *m, unsigned common)
{
	uint32_t place = m->child;

	while (place && alck_memo_at(memos, place)->common != common)
		place = alck_memo_at(memos, place)->next;
	return place ? alck_memo_at(memos, place) : NULL;
}

struct alck_memo *alck_memo_beside(struct alck_memos *memos,
				   struct alck_memo *m, const uint16_t *differs,
				   uintptr_t sp, uintptr_t fp)
{
	unsigned same = alck_trace_same(&m->trace, differs);

	while (same != m->trace.frames ||
	       !alck_trace_ends_same(&m->trace, sp, m->fp, fp)) {
		m = child_of(memos, m, same);
		if (!m || !alck_memo_is_readable(m, sp))
			return NULL;
		same = alck_trace_same(
			&m->trace,
			alck_trace_differs(&m->trace, same, sp, m->pcs));
	}
	return m;
}

struct alck_memo *alck_memo_look(struct alck_memos *memos, uintptr_t pc,
				 uintptr_t sp, uintptr_t fp)
{
	struct alck_memo *m = alck_memo_first(memos, pc, sp);

	return m ? alck_memo_beside(memos, m, alck_memo_differs(m, sp), sp, fp)
		 : NULL;
}

/* Is there, after USED, no room in its half for one of the longest? */
static int is_full(uint32_t used)
{
	return !used ||
	       used % ALCK_MEMO_UNITS +
			       sizeof(struct alck_memo) / ALCK_MEMO_UNIT + 1 >=
		       ALCK_MEMO_UNITS;
}

/* Begins the half of MEMOS that was not in use. */
static void forget(struct alck_memos *memos)
{
	for (size_t i = 0; i < sizeof(memos->root) / sizeof(*memos->root); i++)
		memos->root[i] = 0;
	/* 0 is no place. */
	memos->used = memos->used && memos->used < ALCK_MEMO_UNITS
			      ? ALCK_MEMO_UNITS
			      : 1;
	memos->generation = alck_modules_generation();
}

static int same_places(const uint16_t *a, const uint16_t *b, unsigned n)
{
	while (n--)
		if (*a++ != *b++)
			return 0;
	return 1;
}

/* Is it what M stands for, of which all return addresses are the same? */
static int is_same(const struct alck_memo *m, const struct alck_trace *trace,
		   uintptr_t fp)
{
	unsigned n = trace->padded;

	return m->trace.frames == trace->frames &&
	       m->trace.links == trace->links && m->trace.zero == trace->zero &&
	       m->trace.uses_fp == trace->uses_fp &&
	       (!trace->uses_fp || m->fp == fp) &&
	       same_places(m->trace.places + n, trace->places + n,
			   2u * trace->links);
}

/* How many return addresses TRACE with PCS has in common with M, SAME of which
 * are known. */
static unsigned in_common(const struct alck_memo *m, unsigned same,
			  const struct alck_trace *trace, const uintptr_t *pcs)
{
	while (same < m->trace.frames && same < trace->frames &&
	       m->trace.places[same] == trace->places[same] &&
	       m->pcs[same] == pcs[same])
		same++;
	return same;
}

static uint32_t make(struct alck_memos *memos, const struct alck_frame *frame,
		     const struct alck_trace *trace, const uintptr_t *pcs,
		     uint32_t stack)
{
	size_t size = alck_trace_size(trace);
	uint32_t place = memos->used;
	struct alck_memo *m = alck_memo_at(memos, place);

	memos->used += (uint32_t)((offsetof(struct alck_memo, trace) + size +
				   ALCK_MEMO_UNIT - 1) /
				  ALCK_MEMO_UNIT);
	m->pc = frame->pc;
	m->sp = frame->sp;
	m->fp = frame->fp;
	m->top = frame->sp + trace->span * 8ul;
	m->pcs = pcs;
	m->stack = stack;
	m->base = m->use = 0;
	m->child = m->next = 0;
	m->common = 0;
	__builtin_memcpy(&m->trace, trace, size);
	return place;
}

/* Puts the memo at PLACE, which is complete, in front of those at *LIST. */
static struct alck_memo *add(struct alck_memos *memos, uint32_t place,
			     uint32_t *list)
{
	struct alck_memo *m = alck_memo_at(memos, place);

	m->next = *list;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	*(volatile uint32_t *)list = place;
	return m;
}

struct alck_memo *alck_memo_keep(struct alck_memos *memos,
				 const struct alck_frame *frame,
				 const struct alck_trace *trace, uint32_t stack)
{
	const uintptr_t *pcs = alck_depot_stack_at(stack);
	struct alck_memo *m = NULL, *child;
	uint32_t *root, place;
	unsigned same = 0;

	if (!pcs || trace->overflow)
		return NULL;
	pcs++; /* it begins with that of FRAME */
	if (is_full(memos->used) ||
	    memos->generation != alck_modules_generation())
		forget(memos);
	root = alck_memo_root(memos, frame->pc, frame->sp);
	child = alck_memo_from(memos, *root, frame->pc, frame->sp);
	if (!child)
		return add(memos, make(memos, frame, trace, pcs, stack), root);
	for (; child; child = child_of(memos, m, same)) {
		m = child;
		same = in_common(m, same, trace, pcs);
		if (same == trace->frames && is_same(m, trace, frame->fp))
			return m;
	}
	place = make(memos, frame, trace, pcs, stack);
	alck_memo_at(memos, place)->common = (uint8_t)same;
	return add(memos, place, &m->child);
}

/* -------------------------------------------------------------------- sites */

/* A signal handler may read or keep one in between. */
static void unset(uint64_t *key)
{
	__atomic_store_n(key, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void set(uint64_t *key, uint64_t to)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(key, to, __ATOMIC_RELAXED);
}

void alck_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
		    uint64_t base)
{
	struct alck_memos *memos = alck_memos_of(t);
	uint64_t key = alck_site_key(pc, entry);
	struct alck_site *site;

	if (!memos)
		return;
	site = &memos->sites[alck_site_hash(key)];
	unset(&site->key);
	site->base = base;
	set(&site->key, key);
}

void alck_free_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
			 uint32_t previous, uint32_t context)
{
	struct alck_memos *memos = alck_memos_of(t);
	uint64_t key = alck_site_key(pc, entry);
	struct alck_free_site *site;

	if (!memos)
		return;
	site = alck_free_site_at(memos, key, previous);
	unset(&site->key);
	site->previous = previous;
	site->context = context;
	set(&site->key, key);
}

uint64_t alck_memo_describe(void)
{
	return (uintptr_t)memory.chunk;
}
