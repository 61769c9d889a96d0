/* SPDX-License-Identifier: MIT */
/*
 * glibc's malloc hooks: where a call of a libc entry really goes.
 *
 * Up to glibc 2.33 libc's malloc, realloc, memalign and free look at a function
 * pointer first; from 2.34 on (commit 2d2d9f2b48) only libc_malloc_debug.so
 * does.  Whether a provider reads a hook is not told by its version, which
 * distributions change under: it reads it if it has a slot of its own for it.
 * The variable that counts is the one this slot points to: libc's, jemalloc's,
 * which defines it too, or a copy in the program.
 *
 * While some thread is in fork, glibc up to 2.23 points the hooks at functions
 * of its own (malloc/arena.c, ptmalloc_lock_all): the fork window.
 *
 * Signal-safe; reads memory only.
 */
#ifndef ALCK_PRELOAD_HOOKS_H
#define ALCK_PRELOAD_HOOKS_H

#include <stdint.h>

#include "preload/providers.h"

enum alck_hook {
	ALCK_HOOK_MALLOC,
	ALCK_HOOK_REALLOC,
	ALCK_HOOK_MEMALIGN,
	ALCK_HOOK_FREE,
	ALCK_HOOKS
};

enum alck_hook_target {
	ALCK_HOOK_NONE,	    /* not read, or NULL: the provider itself */
	ALCK_HOOK_ENTRY,    /* another provider's entry: judged there */
	ALCK_HOOK_PROVIDER, /* inside another provider, past its entries */
	ALCK_HOOK_WINDOW,   /* the hook reader's own code: for free, fork */
	ALCK_HOOK_UNKNOWN,  /* somebody's function: nothing can be said */
};

/* Finds the slots by which PROVIDER reads hooks; sets its HOOKS. */
void alck_hooks_find(struct alck_provider *provider);

/* Where a call of PROVIDER's entries of kind HOOK goes at this moment; *TO is
 * set for ENTRY and PROVIDER. */
enum alck_hook_target alck_hook_target(const struct alck_provider *provider,
				       enum alck_hook hook,
				       const struct alck_provider **to);

/* Notes in the timeline what has changed since the last look, and whom the free
 * hook leads to. */
void alck_hooks_sample(const struct alck_provider *provider);

/* Waits, some milliseconds at most, until what other threads have seen change
 * is in the timeline: before a finding that it has led to, and may be the last.
 */
void alck_hooks_settle(void);

/* The same as a sample, from a watchpoint: PC follows the store that wrote
 * HOOK. */
void alck_hooks_written(const struct alck_provider *provider,
			enum alck_hook hook, uintptr_t pc);

/* The variable that PROVIDER, which reads hooks, takes HOOK from; NULL where it
 * does not read that one. */
const uintptr_t *alck_hooks_variable(const struct alck_provider *provider,
				     enum alck_hook hook);

/* "__free_hook" */
const char *alck_hook_name(enum alck_hook hook);

/* Whose is a block that PROVIDER's entry of SHAPE returned, and no entry under
 * it?  Sets *OWNER to a provider's ID and returns 1; or returns 0 where a hook
 * of unknown kind made it. */
int alck_hook_owner(const struct alck_provider *provider, enum alck_shape shape,
		    uint32_t *owner);

/* Is no hook set that matters to a free or a realloc, as at the last look? */
int alck_hooks_idle(const struct alck_provider *provider);

/* The same for the hot path, of a call of a malloc or calloc: no hook is set
 * that matters to it, nor is there a change to be noted; of free and realloc.
 */
int alck_hooks_let_allocate(const struct alck_hook_slots *hooks);
int alck_hooks_let_free(const struct alck_hook_slots *hooks);

/* Has PROVIDER's free hook ever been seen to lead to the provider OWNER?  Where
 * it does not now, a fork (or somebody) has changed it. */
int alck_hook_led_to(const struct alck_provider *provider, uint32_t owner);

#endif
