/* SPDX-License-Identifier: MIT */
/*
 * Detours: jumps in place of the first instructions of functions, for calls
 * that no slot leads: those inside of the object that an allocator is linked
 * into.
 *
 * The instructions in whose place the jump is put are moved to memory near by,
 * with a jump back behind them: that is how the function is called from then
 * on.  Everything is checked, and this memory is ready and executable, before
 * the function itself is touched; what cannot be done for certain is refused.
 * A landing pad at the entry (endbr64) stays.
 *
 * In two steps, because the jump may be taken the moment it is there.  Under
 * the loader's lock, or before main.  Raw system calls only.
 */
#ifndef ALCK_PRELOAD_DETOUR_H
#define ALCK_PRELOAD_DETOUR_H

#include <stddef.h>
#include <stdint.h>

#include "preload/modules.h"

struct alck_detour {
	uintptr_t function;
	size_t size;  /* of it, in bytes */
	uintptr_t to; /* who jumps there comes out here */
	/* Set by alck_detour_prepare: how the function is called, 0 where it
	 * is left alone. */
	uintptr_t moved;
	const char *refused; /* why, in words; NULL if it is not */
	uint8_t landing, length;
};

/* Detours that one call takes. */
#define ALCK_DETOURS_MAX 256

/* Gets the N detours of functions in MODULE ready.  QUIET: nobody can be
 * running its code.  Where nothing can be done at all it returns why, in
 * words; else NULL. */
const char *alck_detour_prepare(const struct alck_module *module,
				struct alck_detour *detours, unsigned int n,
				int quiet);

/* Puts the jumps in where MOVED is set.  Returns NULL, or in words why it could
 * not: then those that are not in have REFUSED set. */
const char *alck_detour_commit(const struct alck_module *module,
			       struct alck_detour *detours, unsigned int n);

/* MODULE is gone: so is what was near it. */
void alck_detour_forget(const struct alck_module *module);

/* Where a thread stands that is at PC, in terms of the functions' own code: the
 * instruction that is at PC was moved from there.  PC itself for all others.
 * Signal-safe. */
uintptr_t alck_detour_origin(uintptr_t pc);

#endif
