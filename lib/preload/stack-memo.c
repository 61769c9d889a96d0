/* SPDX-License-Identifier: MIT */
/* The stack memo: see stack-memo.h.  Signal-safe. */
#include <stddef.h>
#include <sys/mman.h>

#include "preload/arena.h"
#include "preload/runtime.h"
#include "preload/root.h"
#include "preload/stack-memo.h"
#include "preload/sys.h"

#define NUMBERS 1024 /* threads with a higher number go without */
#define SETTLED 64   /* captures until a thread is worth the memory */

/* How far apart the first and the last word of a stack may lie. */
#define SPAN_MAX (UINT64_C(1) << 20)

/* By thread number. */
static struct alck_memory *memories[NUMBERS];

struct alck_memory *alck_memory_of(struct alck_thread *t)
{
	uint32_t n = alck_thread_number(t);
	struct alck_memory *memory;

	if (t->memory)
		return t->memory;
	if (n >= NUMBERS || t->captures == UINT8_MAX)
		return NULL;
	if (t->captures < SETTLED) {
		t->captures++;
		return NULL;
	}
	memory = memories[n];
	if (!memory && !alck_arena_limited())
		memory = alck_sys_mmap(
			NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	if (!memory)
		t->captures = UINT8_MAX; /* never again */
	memories[n] = memory;
	t->memory = memory;
	return memory;
}

static void forget(uint64_t *key)
{
	__atomic_store_n(key, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void remember(uint64_t *key, uint64_t value)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(key, value, __ATOMIC_RELAXED);
}

/* Where the words lie: what alck_memo_is goes by. */
static void measure(struct alck_memo *m)
{
	struct alck_reads *reads = &m->reads;

	m->low = UINTPTR_MAX;
	m->high = 0;
	if (!reads->n) {
		m->low = m->high = m->sp;
		return;
	}
	for (unsigned int i = 0; i < reads->n; i++) {
		if (reads->read[i].at < m->low)
			m->low = reads->read[i].at;
		if (reads->read[i].at > m->high)
			m->high = reads->read[i].at;
	}
	for (; reads->n % 4; reads->n++)
		reads->read[reads->n] = reads->read[0];
}

struct alck_memo *alck_memo_find(struct alck_thread *t,
				 const struct alck_frame *frame)
{
	struct alck_memory *memory = alck_memory_of(t);
	struct alck_memo *set, *m;

	if (!memory)
		return NULL;
	set = alck_memo_set(memory, frame->pc, frame->sp);
	for (m = set; m < set + ALCK_MEMO_WAYS; m++)
		if (alck_memo_is(m, frame->pc, frame->sp, frame->fp))
			return m;
	for (m = set; m < set + ALCK_MEMO_WAYS && m->pc;)
		m++;
	if (m == set + ALCK_MEMO_WAYS)
		m = set + memory->oldest++ % ALCK_MEMO_WAYS;
	forget(&m->pc);
	m->stack = 0;
	return m;
}

void alck_memo_keep(struct alck_memo *m, const struct alck_frame *frame,
		    uint32_t stack)
{
	m->stack = stack;
	m->context = 0;
	m->entry = 0;
	m->sp = frame->sp;
	if (m->reads.overflow)
		return; /* PC stays 0 */
	measure(m);
	/* Coroutines: a stack on two stacks is walked each time. */
	if (m->high - m->low > SPAN_MAX)
		return;
	m->fp = frame->fp;
	m->fp_mask = m->reads.uses_fp ? UINTPTR_MAX : 0;
	m->generation = alck_modules_generation();
	remember(&m->pc, frame->pc);
}

void alck_memo_keep_context(struct alck_memo *m, uint32_t entry,
			    uint32_t previous, uint32_t context)
{
	uintptr_t pc = m->pc;

	forget(&m->pc);
	m->entry = entry;
	m->previous = previous;
	m->context = context;
	remember(&m->pc, pc);
}

void alck_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
		    uint32_t previous, uint32_t context)
{
	struct alck_memory *memory = alck_memory_of(t);
	uint64_t key = alck_site_key(pc, entry);
	struct alck_site *site;

	if (!memory)
		return;
	site = alck_site_at(memory, key, previous);
	forget(&site->key);
	site->previous = previous;
	site->context = context;
	remember(&site->key, key);
}

void alck_memo_describe(struct alck_root_own *own)
{
	own->pieces = (uintptr_t)memories;
	own->npieces = NUMBERS;
	own->piece_size = sizeof(*memories[0]);
}
