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

/* The half that is in use. */
typedef char (*half)[ALCK_MEMO_UNIT];

ALCK_INLINE half half_of(struct alck_memos *memos)
{
	return memos->units[memos->forgotten & 1];
}

ALCK_INLINE struct alck_memo *memo_at(half units, uint16_t place)
{
	return (struct alck_memo *)units[place];
}

/* The child of M that has COMMON return addresses in common with it, or NULL.
 */
ALCK_INLINE struct alck_memo *child_of(half units, const struct alck_memo *m,
				       unsigned common)
{
	uint16_t place = m->child;

	while (place && memo_at(units, place)->common != common)
		place = memo_at(units, place)->next;
	return place ? memo_at(units, place) : NULL;
}

/* The first one from PLACE on that begins at PC, SP, or NULL. */
ALCK_INLINE struct alck_memo *root_from(half units, uint16_t place,
					uintptr_t pc, uintptr_t sp)
{
	struct alck_memo *m;

	for (; place; place = m->next) {
		m = memo_at(units, place);
		if (__builtin_expect(m->sp == sp, 1) &&
		    __builtin_expect(m->pc == pc, 1))
			return m;
	}
	return NULL;
}

ALCK_INLINE int is_readable(const struct alck_memo *m, uintptr_t sp)
{
	return sp >= alck_unwind_known.low &&
	       sp + m->trace.span * 8ul <= alck_unwind_known.high;
}

/* Does M, of which *SAME return addresses are known to be the same, stand for
 * the stack at SP?  Else it is *SAME of them that are. */
ALCK_INLINE int stands(const struct alck_memo *m, unsigned *same, uintptr_t sp,
		       uintptr_t fp)
{
	*same = alck_trace_same(&m->trace, *same, sp, m->pcs);
	return *same == m->trace.frames &&
	       alck_trace_ends_same(&m->trace, sp, m->fp, fp);
}

/* The memo under M, with which the stack has SAME return addresses in common,
 * that stands for it, or NULL. */
static __attribute__((noinline)) struct alck_memo *
descend(half units, struct alck_memo *m, unsigned same, uintptr_t sp,
	uintptr_t fp)
{
	for (;;) {
		m = child_of(units, m, same);
		if (!m || !is_readable(m, sp))
			return NULL;
		if (stands(m, &same, sp, fp))
			return m;
	}
}

ALCK_INLINE struct alck_memo *look(struct alck_memos *memos, uintptr_t pc,
				   uintptr_t sp, uintptr_t fp)
{
	volatile uint32_t *forgotten = &memos->forgotten;
	uint32_t before = *forgotten;
	half units = memos->units[before & 1];
	uint16_t place = *(volatile uint16_t *)alck_memo_root(memos, pc, sp);
	struct alck_memo *m;
	unsigned same = 0;

	/* A signal handler may have begun the other half in between. */
	if (__builtin_expect(memos->generation != alck_modules_generation(),
			     0) ||
	    __builtin_expect(*forgotten != before, 0))
		return NULL;
	m = root_from(units, place, pc, sp);
	if (!m || __builtin_expect(!is_readable(m, sp), 0))
		return NULL;
	if (stands(m, &same, sp, fp))
		return m;
	return descend(units, m, same, sp, fp);
}

struct alck_memo *alck_memo_look(struct alck_memos *memos, uintptr_t pc,
				 uintptr_t sp, uintptr_t fp)
{
	return look(memos, pc, sp, fp);
}

uint32_t alck_memo_context(struct alck_memos *memos, uintptr_t pc, uintptr_t sp,
			   uintptr_t fp, uint32_t entry)
{
	const struct alck_memo *m;
	uint64_t use;

	if (__builtin_expect(!memos, 0))
		return 0;
	m = look(memos, pc, sp, fp);
	if (__builtin_expect(!m, 0))
		return 0;
	use = __atomic_load_n(&m->use, __ATOMIC_RELAXED) ^
	      ALCK_MEMO_USE(entry, 0);
	return __builtin_expect(use > ALCK_MEMO_CONTEXT, 0) ? 0 : (uint32_t)use;
}

static void forget(struct alck_memos *memos)
{
	for (size_t i = 0; i < sizeof(memos->root) / sizeof(*memos->root); i++)
		memos->root[i] = 0;
	memos->forgotten++;
	memos->used = 1; /* 0 is no place */
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
	unsigned n = alck_trace_padded(trace);

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
	       m->pcs[same + 1] == pcs[same + 1])
		same++;
	return same;
}

static uint16_t make(struct alck_memos *memos, const struct alck_frame *frame,
		     const struct alck_trace *trace, const uintptr_t *pcs,
		     uint32_t stack)
{
	size_t size = alck_trace_size(trace);
	uint16_t place = (uint16_t)memos->used;
	struct alck_memo *m = memo_at(half_of(memos), place);

	memos->used += (uint32_t)((offsetof(struct alck_memo, trace) + size +
				   ALCK_MEMO_UNIT - 1) /
				  ALCK_MEMO_UNIT);
	m->pc = frame->pc;
	m->sp = frame->sp;
	m->fp = frame->fp;
	m->pcs = pcs;
	m->stack = stack;
	m->use = 0;
	m->child = m->next = m->common = 0;
	__builtin_memcpy(&m->trace, trace, size);
	return place;
}

/* Puts the memo at PLACE, which is complete, in front of those at *LIST. */
static struct alck_memo *add(struct alck_memos *memos, uint16_t place,
			     uint16_t *list)
{
	struct alck_memo *m = memo_at(half_of(memos), place);

	m->next = *list;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	*(volatile uint16_t *)list = place;
	return m;
}

struct alck_memo *alck_memo_keep(struct alck_memos *memos,
				 const struct alck_frame *frame,
				 const struct alck_trace *trace, uint32_t stack)
{
	const uintptr_t *pcs = alck_depot_stack_at(stack);
	struct alck_memo *m = NULL, *child;
	uint16_t *root, place;
	unsigned same = 0;
	half units;

	if (!pcs || trace->overflow)
		return NULL;
	/* There is always room for one of the longest. */
	if (memos->used + sizeof(struct alck_memo) / ALCK_MEMO_UNIT + 1 >
		    ALCK_MEMO_UNITS ||
	    !memos->used || memos->generation != alck_modules_generation())
		forget(memos);
	units = half_of(memos);
	root = alck_memo_root(memos, frame->pc, frame->sp);
	child = root_from(units, *root, frame->pc, frame->sp);
	if (!child)
		return add(memos, make(memos, frame, trace, pcs, stack), root);
	for (; child; child = child_of(units, m, same)) {
		m = child;
		same = in_common(m, same, trace, pcs);
		if (same == trace->frames && is_same(m, trace, frame->fp))
			return m;
	}
	place = make(memos, frame, trace, pcs, stack);
	memo_at(units, place)->common = (uint8_t)same;
	return add(memos, place, &m->child);
}

/* -------------------------------------------------------------------- sites */

void alck_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
		    uint32_t previous, uint32_t context)
{
	struct alck_memos *memos = alck_memos_of(t);
	uint64_t key = alck_site_key(pc, entry);
	struct alck_site *site;

	if (!memos)
		return;
	site = alck_site_at(memos, key, previous);
	__atomic_store_n(&site->key, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	site->previous = previous;
	site->context = context;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&site->key, key, __ATOMIC_RELAXED);
}

uint64_t alck_memo_describe(void)
{
	return (uintptr_t)memory.chunk;
}
