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

void alck_fork_note(const struct alck_entry *e, uintptr_t *args,
		    const struct alck_frame *frame)
{
	uint32_t n = __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED);
	char text[512];
	struct alck_text t;

	(void)args;
	if (n == NOTED_MAX)
		alck_event_note("fork", "from here on forks are not noted: "
					"there were a thousand");
	if (n >= NOTED_MAX)
		return;
	begin_text(&t, text, sizeof(text), e, frame->pc);
	alck_event_note("fork", text);
}

/* A process of its own, and no thread: clone(FN, STACK, FLAGS, ...). */
void alck_clone_note(const struct alck_entry *e, uintptr_t *args,
		     const struct alck_frame *frame)
{
	if (!(args[2] & CLONE_THREAD_FLAG))
		alck_fork_note(e, args, frame);
}

/* libpthread's fork of old calls libc's: the inner one is the outer one's
 * business.  What a longjmp left behind lies below this frame. */
static int is_inner(struct alck_thread *t, uintptr_t sp)
{
	return t->forking && sp <= t->forking;
}

void alck_fork_begin(struct alck_watched_call *call)
{
	struct alck_thread *t = &alck_thread;
	uint32_t n;

	if (is_inner(t, call->frame.sp)) {
		call->skip = 1;
		return;
	}
	t->forking = call->frame.sp;
	call->pid = alck_sys_getpid();
	n = __atomic_load_n(&noted, __ATOMIC_RELAXED);
	alck_fork_note(call->entry, NULL, &call->frame);
	call->quiet = n >= NOTED_MAX;
	call->began = alck_time();
	__atomic_store_n(&under_way, pack(call->began, alck_thread_number(t)),
			 __ATOMIC_RELAXED);
}

/* Returns whether this is the parent. */
static int end(const struct alck_watched_call *call)
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

static void note_end(const struct alck_watched_call *call, uintptr_t result,
		     int is_pid)
{
	char text[512];
	struct alck_text t;
	uint64_t took;

	if (call->skip || !end(call) || call->quiet)
		return;
	took = alck_time() - call->began;
	begin_text(&t, text, sizeof(text), call->entry, call->frame.pc);
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

void alck_fork_end_pid(const struct alck_watched_call *call, uintptr_t result)
{
	note_end(call, result, 1);
}

void alck_fork_end(const struct alck_watched_call *call, uintptr_t result)
{
	note_end(call, result, 0);
}
