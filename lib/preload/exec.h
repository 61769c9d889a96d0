/* SPDX-License-Identifier: MIT */
/*
 * Programs that this process starts or becomes, as it calls exec or
 * posix_spawn: for the timeline, and for T16, a child into which this library
 * does not get. Signal-safe, also in a child of vfork.
 */
#ifndef ALCK_PRELOAD_EXEC_H
#define ALCK_PRELOAD_EXEC_H

#include <stdint.h>

#include "preload/providers.h"
#include "preload/unwind.h"

/* The program calls E, one of exec's family or posix_spawn's, system or popen:
 * see watched.h. */
void alck_exec_note(const struct alck_entry *e, uintptr_t *args,
		    const struct alck_frame *frame);

#endif
