/* SPDX-License-Identifier: MIT */
/* Forks as they are called, and as they return: see forks.h.  Signal-safe. */
#include "preload/events.h"
#include "preload/forks.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/thread.h"

/* A server that forks for every request would else fill the timeline. */
#define NOTED_MAX 1000

#define CLONE_VM_FLAG	  0x100
#define CLONE_THREAD_FLAG 0x10000

/* The fork that began last and is not back: microseconds << 16 | thread; 0:
 * none.  One word, so that it is read and written at once. */
static uint64_t under_way;
static uint32_t noted;

static uint64_t pack(uint64_t began, uint32_t thread)
{
	return began / 1000 << 16 | (thread & 0xffff);
}

int alck_fork_under_way(uint32_t *thread, uint64_t *since)
{
	uint64_t word = __atomic_load_n(&under_way, __ATOMIC_RELAXED);
	uint64_t began = (word >> 16) * 1000, now = alck_time();

	if (!word)
		return 0;
	*thread = (uint32_t)(word & 0xffff);
	*since = now > began ? now - began : 0;
	return 1;
}

static void begin_text(struct alck_text *t, char *buf, size_t size,
		       const struct alck_entry *e, uintptr_t pc)
{
	const struct alck_module *m = alck_module_at(pc);

	alck_text_begin(t, buf, size);
	alck_text_add(t, e->name);
	alck_text_add(t, "() called by ");
	if (m) {
		alck_text_add(t, alck_text_base(m->path));
		alck_text_add(t, "+");
		alck_text_add_hex(t, pc - m->bias);
	} else {
		alck_text_add_hex(t, pc);
	}
}

/* Returns whether it was said, and the end is to be said too. */
static int note_begin(const struct alck_entry *e, uintptr_t pc)
{
	uint32_t n = __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED);
	char text[512];
	struct alck_text t;

	if (n == NOTED_MAX)
		alck_event_note("fork", "from here on forks are not noted: "
					"there were a thousand");
	if (n >= NOTED_MAX)
		return 0;
	begin_text(&t, text, sizeof(text), e, pc);
	alck_event_note("fork", text);
	return 1;
}

static void note_end(const struct alck_entry *e, uintptr_t pc, uint64_t began,
		     uintptr_t result, int is_pid)
{
	uint64_t took = alck_time() - began;
	char text[512];
	struct alck_text t;

	begin_text(&t, text, sizeof(text), e, pc);
	alck_text_add(&t, " took ");
	alck_text_add_number(&t, took / 1000);
	alck_text_add(&t, " us");
	if (is_pid && (int)result > 0) {
		alck_text_add(&t, ", child ");
		alck_text_add_number(&t, (uint64_t)result);
	} else if (is_pid) {
		alck_text_add(&t, ", and failed");
	}
	alck_event_note("fork", text);
}

/* libpthread's fork of old calls libc's: the inner one is the outer one's
 * business.  What a longjmp left behind lies below this frame. */
static int is_inner(const struct alck_thread *t, uintptr_t sp)
{
	return t->forking && sp <= t->forking;
}

void alck_fork_begin(struct alck_watched_call *call)
{
	struct alck_thread *t = &alck_thread;

	if (is_inner(t, call->frame.sp)) {
		call->skip = 1;
		return;
	}
	t->forking = call->frame.sp;
	call->pid = alck_sys_getpid();
	call->quiet = !note_begin(call->entry, call->frame.pc);
	call->began = alck_time();
	__atomic_store_n(&under_way, pack(call->began, alck_thread_number(t)),
			 __ATOMIC_RELAXED);
}

/* Returns whether this is the parent. */
static int is_over(const struct alck_watched_call *call)
{
	uint64_t word = pack(call->began, alck_thread_number(&alck_thread));
	int is_parent = call->pid == alck_sys_getpid();

	alck_thread.forking = 0;
	if (is_parent)
		__atomic_compare_exchange_n(&under_way, &word, 0, 0,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&under_way, 0, __ATOMIC_RELAXED);
	return is_parent;
}

static void end(const struct alck_watched_call *call, uintptr_t result,
		int is_pid)
{
	if (!call->skip && is_over(call) && !call->quiet)
		note_end(call->entry, call->frame.pc, call->began, result,
			 is_pid);
}

void alck_fork_end_pid(const struct alck_watched_call *call, uintptr_t result)
{
	end(call, result, 1);
}

void alck_fork_end(const struct alck_watched_call *call, uintptr_t result)
{
	end(call, result, 0);
}

/* clone(FN, STACK, FLAGS, ...): a process of its own, and no thread.  The child
 * begins in FN and never comes back here, and nothing happens to hooks. */
void alck_clone_begin(struct alck_watched_call *call)
{
	struct alck_thread *t = &alck_thread;

	call->pid = t->vforked;
	call->skip = (call->args[2] & CLONE_THREAD_FLAG) ||
		     !note_begin(call->entry, call->frame.pc);
	call->began = alck_time();
	if ((call->args[2] & (CLONE_THREAD_FLAG | CLONE_VM_FLAG)) ==
	    CLONE_VM_FLAG)
		t->vforked = alck_thread_process(t);
}

void alck_clone_end(const struct alck_watched_call *call, uintptr_t result)
{
	alck_thread.vforked = call->pid;
	if (!call->skip)
		note_end(call->entry, call->frame.pc, call->began, result, 1);
}

__thread struct alck_vfork alck_vfork;

void *alck_vfork_begin(const struct alck_entry *e, uintptr_t pc, uintptr_t sp,
		       uintptr_t fp)
{
	(void)sp;
	(void)fp;
	alck_vfork.process = alck_thread.vforked;
	alck_thread.vforked = alck_thread_process(&alck_thread);
	alck_vfork.pc = pc;
	alck_vfork.entry = note_begin(e, pc) ? e : NULL;
	alck_vfork.began = alck_time();
	return e->real;
}

void alck_vfork_end(uintptr_t result)
{
	alck_thread.vforked = alck_vfork.process;
	if (alck_vfork.entry)
		note_end(alck_vfork.entry, alck_vfork.pc, alck_vfork.began,
			 result, 1);
}
