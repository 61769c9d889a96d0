/* SPDX-License-Identifier: MIT */
/* The crash record: see crash-record.h.  Signal-safe. */
#include <ucontext.h>

#include "preload/age-table.h"
#include "preload/crash-record.h"
#include "preload/hiding.h"
#include "preload/modules.h"
#include "preload/owner-table.h"
#include "preload/page-table.h"
#include "preload/providers.h"
#include "preload/recorder.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/sys.h"
#include "preload/unwind.h"

#define STACK_MAX 64

/* In the order of the field REGISTERS. */
static const struct {
	const char *name;
	uint8_t place; /* in gregs */
} registers[] = {ALCK_ARCH_REGISTERS};

#define REGISTERS (sizeof(registers) / sizeof(registers[0]))

/* The entry that the thread is in, if it still is: a longjmp leaves them. */
static const struct alck_entry *under_way(const struct alck_thread *t,
					  uintptr_t sp)
{
	return t->depth && t->outer && t->outer->provider && sp < t->frame
		       ? t->outer
		       : NULL;
}

/* The stack from where the signal came.  Its words are return addresses, one
 * behind where things happened, so that is put for the first of them. */
static unsigned int walk(const ucontext_t *c, uint64_t *words)
{
	struct alck_frame at = {alck_arch_context_pc(c),
				alck_arch_context_sp(c),
				alck_arch_context_fp(c)};
	uintptr_t back;

	words[0] = at.pc + 1;
	if (alck_module_at(at.pc)) {
		at.pc++;
		return (unsigned int)alck_unwind(words, STACK_MAX, &at);
	}
	/* A call to nowhere: its caller is on top of the stack. */
	if (alck_sys_peek(&back, (const void *)at.sp, sizeof(back)) ||
	    !alck_module_at(back))
		return 1;
	at.pc = back;
	at.sp += sizeof(back);
	return 1 + (unsigned int)alck_unwind(words + 1, STACK_MAX - 1, &at);
}

static void put_stack(struct alck_record_writer *w, enum alck_field field,
		      uint32_t stack)
{
	uintptr_t pcs[ALCK_DEPOT_MAX_DEPTH];
	unsigned int n = alck_depot_stack_get(stack, pcs, ALCK_DEPOT_MAX_DEPTH);

	if (n)
		alck_record_words(w, field, (const uint64_t *)pcs, n);
}

static void put_context(struct alck_record_writer *w,
			const struct alck_block *b)
{
	struct alck_context c, first;

	if (alck_depot_context_get(b->context, &c))
		return;
	if (b->freed) {
		alck_record_text(w, ALCK_FIELD_FREED_API,
				 alck_entries[c.entry].name);
		alck_record_uint(w, ALCK_FIELD_FREED_THREAD, c.thread);
		put_stack(w, ALCK_FIELD_FREED_STACK, c.stack);
		if (!c.previous || alck_depot_context_get(c.previous, &first))
			return;
		c = first;
	}
	alck_record_text(w, ALCK_FIELD_ALLOC_API, alck_entries[c.entry].name);
	alck_record_uint(w, ALCK_FIELD_ALLOC_THREAD, c.thread);
	put_stack(w, ALCK_FIELD_ALLOC_STACK, c.stack);
}

/* The block that VALUE, in NAME, leads to. */
static void put_held(struct alck_record_writer *w, const char *name,
		     uintptr_t value)
{
	uintptr_t start = value;
	struct alck_block b, around;
	enum alck_seen seen;
	uint64_t when;

	if (value < 4096)
		return;
	seen = alck_table_lookup(value, &b);
	if (seen != ALCK_LIVE &&
	    alck_table_find_inside(value, &start, &around)) {
		seen = ALCK_LIVE;
		b = around;
	}
	if (seen != ALCK_LIVE && seen != ALCK_ALREADY_FREED)
		return;
	alck_recorder_next(w, ALCK_RECORD_CRASH);
	alck_record_text(w, ALCK_FIELD_REGISTER, name);
	alck_record_uint(w, ALCK_FIELD_POINTER, value);
	alck_record_uint(w, ALCK_FIELD_BEGIN, start);
	alck_record_text(w, ALCK_FIELD_STATE,
			 seen == ALCK_LIVE ? "live" : "freed");
	alck_record_uint(w, ALCK_FIELD_OWNER, b.owner);
	if (b.size_exact)
		alck_record_uint(w, ALCK_FIELD_SIZE, b.size);
	if (alck_age_get(start, &when))
		alck_record_uint(w, ALCK_FIELD_ALLOCATED, when);
	put_context(w, &b);
}

void alck_crash_put(struct alck_thread *t, int signal_number,
		    const siginfo_t *info, const void *context)
{
	const ucontext_t *c = context;
	const struct alck_entry *entry = under_way(t, alck_arch_context_sp(c));
	uint64_t values[REGISTERS], stack[STACK_MAX];
	unsigned int depth = walk(c, stack);
	struct alck_record_writer *w;

	alck_hiding_look(0);
	alck_hiding_suspect(stack, depth);
	w = alck_recorder_begin(t, ALCK_RECORD_CRASH);
	if (!w)
		return;
	alck_record_uint(w, ALCK_FIELD_TIME, alck_time());
	alck_record_uint(w, ALCK_FIELD_THREAD, alck_thread_number(t));
	alck_record_uint(w, ALCK_FIELD_SIGNAL, (uint64_t)signal_number);
	alck_record_uint(w, ALCK_FIELD_SIGNAL_CODE, (uint32_t)info->si_code);
	if (info->si_code > 0)
		alck_record_uint(w, ALCK_FIELD_FAULT_ADDRESS,
				 (uintptr_t)info->si_addr);
	else
		alck_record_uint(w, ALCK_FIELD_SENDER, (uint32_t)info->si_pid);
	alck_record_uint(w, ALCK_FIELD_PC, alck_arch_context_pc(c));
	for (unsigned int i = 0; i < REGISTERS; i++)
		values[i] = (uint64_t)c->uc_mcontext.gregs[registers[i].place];
	alck_record_words(w, ALCK_FIELD_REGISTERS, values, REGISTERS);
	alck_record_words(w, ALCK_FIELD_STACK, stack, depth);
	if (entry) {
		alck_record_text(w, ALCK_FIELD_API, entry->name);
		alck_record_uint(w, ALCK_FIELD_FREER, entry->provider->id);
	}
	/* The handlers of the hot path note what they free, and no more; pages
	 * not even that. */
	if (t->freeing && (entry || (!t->depth && !alck_by_page)))
		put_held(w, entry ? "argument" : "last freed", t->freeing);
	for (unsigned int i = 0; i < REGISTERS; i++)
		if (values[i] != (entry ? t->freeing : 0))
			put_held(w, registers[i].name, values[i]);
	alck_recorder_end(t, w);
}
