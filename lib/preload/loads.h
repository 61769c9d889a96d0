/* SPDX-License-Identifier: MIT */
/*
 * dlopen and dlmopen, as they are called: the flags and the stack, kept for
 * the modules that the loader then brings.
 */
#ifndef ALCK_PRELOAD_LOADS_H
#define ALCK_PRELOAD_LOADS_H

#include <stdint.h>

#include "preload/modules.h"
#include "preload/providers.h"
#include "preload/unwind.h"

/* The program calls E (dlopen or dlmopen) with ARGS, which option deepbind may
 * change: see watched.h and deepbind.h. */
void alck_load_note(const struct alck_entry *e, uintptr_t *args,
		    const struct alck_frame *frame);

/* The loader has brought MODULE: keeps with it what is known of the dlopen
 * under way, if that is what brought it. */
void alck_load_claim(struct alck_module *module);

/* The same for the timeline, and that the loader has taken it away. */
void alck_load_seen(const struct alck_module *module);
void alck_unload_seen(const struct alck_module *module);

#endif
