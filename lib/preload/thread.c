/* SPDX-License-Identifier: MIT */
/* What is kept of a thread: see thread.h.  Signal-safe. */
#include <stddef.h>

#include "preload/alt-stack.h"
#include "preload/cpus.h"
#include "preload/entries.h"
#include "preload/sys.h"
#include "preload/thread.h"

#define THREADS_MAX ALCK_THREADS_MAX
#define PROBES	    4  /* numbers looked at for one that is free again */
#define FEW	    64 /* up to here numbers are not given again */

__thread struct alck_thread alck_thread
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Kernel thread IDs by number. */
static int tids[THREADS_MAX + 1];
static uint32_t given, hand;

static int is_gone(int tid)
{
	return alck_sys_tgkill(alck_sys_getpid(), tid, 0) == -3 /* ESRCH */;
}

static uint32_t take_again(int tid)
{
	uint32_t n = __atomic_load_n(&given, __ATOMIC_RELAXED);

	for (int i = 0; i < PROBES && n > FEW; i++) {
		uint32_t k = __atomic_fetch_add(&hand, 1, __ATOMIC_RELAXED);
		int old;

		k = 2 + k % (n - 1); /* the first thread keeps its number */
		if (k > THREADS_MAX)
			continue;
		old = __atomic_load_n(&tids[k], __ATOMIC_RELAXED);
		if (old && old != tid && is_gone(old) &&
		    __atomic_compare_exchange_n(&tids[k], &old, tid, 0,
						__ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return k;
	}
	return 0;
}

uint32_t alck_thread_number(struct alck_thread *t)
{
	uint32_t n;
	int tid;

	if (t->number)
		return t->number;
	tid = alck_sys_gettid();
	n = take_again(tid);
	if (!n) {
		n = __atomic_add_fetch(&given, 1, __ATOMIC_RELAXED);
		if (n > THREADS_MAX) {
			__atomic_store_n(&given, THREADS_MAX, __ATOMIC_RELAXED);
			n = THREADS_MAX;
		}
		__atomic_store_n(&tids[n], tid, __ATOMIC_RELAXED);
	}
	t->number = n;
	alck_cpus_look();
	alck_alt_stack_give(n);
	return n;
}

int alck_thread_process(const struct alck_thread *t)
{
	return t->vforked ? t->vforked : alck_sys_getpid();
}

/* _Unwind_RaiseException and its like call this for the frame of
 * alck_call_throwing, in the search phase and, where the exception goes on, in
 * the clean-up phase (2, _UA_CLEANUP_PHASE).  8 is _URC_CONTINUE_UNWIND. */
int alck_personality(int version, int actions, uint64_t class, void *exception,
		     void *context) ALCK_HIDDEN;
int alck_personality(int version, int actions, uint64_t class, void *exception,
		     void *context)
{
	struct alck_thread *t = &alck_thread;

	(void)version;
	(void)class;
	(void)exception;
	(void)context;
	if ((actions & 2) && t->depth) {
		t->depth--;
		t->freeing = 0;
		if (!t->depth)
			t->outer = NULL;
	}
	return 8;
}
