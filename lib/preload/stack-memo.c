/* SPDX-License-Identifier: MIT */
/* The stack memo: see stack-memo.h.  Signal-safe. */
#include <stddef.h>
#include <sys/mman.h>

#include "preload/arena.h"
#include "preload/modules.h"
#include "preload/runtime.h"
#include "preload/stack-memo.h"
#include "preload/sys.h"
#include "preload/unwind-internal.h"

#define MEMOS_BITS 8
#define MEMOS	   (1u << MEMOS_BITS)
#define NUMBERS	   1024 /* threads with a higher number go without */
#define SETTLED	   64	/* captures until a thread is worth the memory */

/* By thread number. */
static struct alck_memo *tables[NUMBERS];

static struct alck_memo *table_of(struct alck_thread *t)
{
	uint32_t n = alck_thread_number(t);
	struct alck_memo *table;

	if (n >= NUMBERS || t->captures == UINT8_MAX)
		return NULL;
	if (t->captures < SETTLED) {
		t->captures++;
		return NULL;
	}
	table = tables[n];
	if (!table && !alck_arena_limited())
		table = alck_sys_mmap(
			NULL, MEMOS * sizeof(*table), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	if (!table)
		t->captures = UINT8_MAX; /* never again */
	tables[n] = table;
	t->memos = table;
	return table;
}

static int is_same(const struct alck_reads *reads)
{
	uintptr_t page = 0;

	for (unsigned int i = 0; i < reads->n; i++) {
		uintptr_t at = reads->read[i].at;

		if (alck_unlikely(at >> 12 != page)) {
			if (!alck_unwind_readable(at))
				return 0;
			page = at >> 12;
		}
		if (*(const uintptr_t *)at != reads->read[i].value)
			return 0;
	}
	return 1;
}

struct alck_memo *alck_memo_find(struct alck_thread *t,
				 const struct alck_frame *frame)
{
	struct alck_memo *m = t->memos;
	uint64_t hash =
		(frame->pc ^ frame->sp << 7) * UINT64_C(0x9e3779b97f4a7c15);

	if (alck_unlikely(!m)) {
		m = table_of(t);
		if (!m)
			return NULL;
	}
	m += hash >> (64 - MEMOS_BITS);
	if (m->pc != frame->pc || m->sp != frame->sp ||
	    (m->reads.uses_fp && m->fp != frame->fp) ||
	    m->generation != alck_modules_generation() || !is_same(&m->reads)) {
		m->pc = 0;
		m->stack = 0;
	}
	return m;
}

void alck_memo_keep(struct alck_memo *m, const struct alck_frame *frame,
		    uint32_t stack)
{
	m->stack = stack;
	m->context = 0;
	if (m->reads.overflow)
		return; /* PC stays 0 */
	m->sp = frame->sp;
	m->fp = frame->fp;
	m->generation = alck_modules_generation();
	m->pc = frame->pc;
}
