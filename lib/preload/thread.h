/* SPDX-License-Identifier: MIT */
/*
 * What the preload library keeps of a thread: a few bytes of initial-exec
 * thread-local storage (global-dynamic costs 22 ns a call, and a large block
 * would be taken out of small thread stacks).  All zero is a valid state: old
 * loaders copy thread-local data in after our first code has run.
 */
#ifndef ALCK_PRELOAD_THREAD_H
#define ALCK_PRELOAD_THREAD_H

#include <stdint.h>

struct alck_entry;
struct alck_memos;

#define ALCK_BUSY_RECORDING 2 /* and it holds the recorder */

struct alck_thread {
	/* Read as one word where nothing of both is to be under way. */
	union {
		struct {
			uint32_t depth; /* entries under way: wrappers call
					 * wrappers */
			uint8_t busy;	/* reentrancy guard: our own code is
					 * at work; or ALCK_BUSY_RECORDING */
		};
		uint64_t engaged;
	};
	/* Frame of the outermost entry under way.  An entry above it on the
	 * stack means that a longjmp left the older ones. */
	uintptr_t frame;
	struct alck_entry *outer; /* the entry that called this one */
	uintptr_t produced; /* the last block that an entry returned ... */
	uintptr_t freeing;  /* the block that an entry is freeing, or was */
	struct alck_memos *memos; /* see stack-memo.h */
	uint32_t number;	  /* of this thread, from 1; 0: not yet */
	uint8_t producer;	  /* ... and the provider PRODUCED belongs to */
	uint8_t noted;	   /* ... in whose record the forwarding operator's
			    * caller is */
	uint8_t freed;	   /* an inner entry took FREEING out of the table */
	uint8_t captures;  /* counted up to where it gets its memos */
	uint8_t load_deep; /* the dlopen under way has RTLD_DEEPBIND */
	/* Up to here it is what each call looks at: one cache line. */
	uint32_t load_context; /* and its stack in the depot */
	uintptr_t forking;     /* caller's frame of a fork under way, or 0 */
	const char *load_name; /* what the dlopen asks for; kept, may be NULL */
	struct alck_entry *passed;	/* see passing.h ... */
	uintptr_t passed_pc, passed_sp; /* ... and the frame of that call */
	int vforked;			/* it called vfork as this process */
	const char *expect; /* code of alloccheck_expect, "" for any; or NULL */
	uint32_t expected;  /* findings of it */
} __attribute__((aligned(64)));

#define ALCK_THREADS_MAX 65535 /* the last number is that of all beyond */

/* What an entry under the one that is under way has produced last; BLOCK is 0
 * if there was none. */
struct alck_inner {
	uintptr_t block;
	uint8_t producer;
};

extern __thread struct alck_thread alck_thread
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* To be asked before that entry is left: behind it, a signal handler's
 * allocation is no entry's under it.  One that comes in between leaves its own
 * block. */
static inline struct alck_inner alck_thread_inner(const struct alck_thread *t)
{
	const volatile uintptr_t *produced = &t->produced;
	const volatile uint8_t *producer = &t->producer;
	struct alck_inner inner;

	do {
		inner.block = *produced;
		inner.producer = *producer;
	} while (inner.block != *produced);
	return inner;
}

/* In this order: where a signal handler allocates in between, it is its block
 * that has come last, and not ours under its allocator's number. */
static inline void alck_thread_produced(struct alck_thread *t, uintptr_t block,
					uint8_t producer)
{
	t->produced = block;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->producer = producer;
}

/* The process that the calling thread T belongs to.  A child of vfork runs on
 * its parent's memory and stack, and counts as the parent's thread until it has
 * become another program. */
int alck_thread_process(const struct alck_thread *t);

/* The number of the calling thread, 1 for the first.  Numbers of threads that
 * are gone are given again, so that there are never more than the most threads
 * that lived at a time. */
uint32_t alck_thread_number(struct alck_thread *t);

#endif
