/* SPDX-License-Identifier: MIT */
/*
 * Programs that limit their own system calls (seccomp): some filters kill for a
 * call that the program itself never makes.  From then on the preload library
 * makes no calls but those that every program makes.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_SANDBOX_H
#define ALCK_PRELOAD_SANDBOX_H

#include <stdint.h>

#include "preload/providers.h"
#include "preload/unwind.h"

/* The program calls prctl, or syscall: see watched.h. */
void alck_sandbox_note_prctl(const struct alck_entry *e, uintptr_t *args,
			     const struct alck_frame *frame);
void alck_sandbox_note_syscall(const struct alck_entry *e, uintptr_t *args,
			       const struct alck_frame *frame);

#endif
