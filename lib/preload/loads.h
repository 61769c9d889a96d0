/* SPDX-License-Identifier: MIT */
/*
 * dlopen and dlmopen, as they are called: the flags and the stack, kept for
 * the modules that the loader then brings.  See alck_on_load in thunks-*.S.
 */
#ifndef ALCK_PRELOAD_LOADS_H
#define ALCK_PRELOAD_LOADS_H

#include <stdint.h>

#include "preload/entries.h"
#include "preload/modules.h"

/* From alck_on_load: the program calls E (dlopen or dlmopen) with A0 to A2;
 * PC, SP and FP are the caller's frame. */
void alck_load_note(const struct alck_entry *e, uintptr_t a0, uintptr_t a1,
		    uintptr_t a2, uintptr_t pc, uintptr_t sp,
		    uintptr_t fp) ALCK_HIDDEN;

/* The loader has brought MODULE, or taken it away. */
void alck_load_seen(const struct alck_module *module);
void alck_unload_seen(const struct alck_module *module);

#endif
