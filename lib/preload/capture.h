/* SPDX-License-Identifier: MIT */
/*
 * The context of an allocation or a free, as much of it as the options ask
 * for: walks the stack and puts it into the depot.  Signal-safe, under the
 * reentrancy guard; a nested call gets no stack.
 */
#ifndef ALCK_PRELOAD_CAPTURE_H
#define ALCK_PRELOAD_CAPTURE_H

#include <stdint.h>

#include "preload/owner-table.h"
#include "preload/providers.h"
#include "preload/thread.h"
#include "preload/unwind.h"

/* The context of a block that E returned; 0 if nothing is to be kept. */
uint32_t alck_capture_alloc(struct alck_thread *t, const struct alck_entry *e,
			    const struct alck_frame *frame);

/* The same with the caller's address only. */
uint32_t alck_capture_caller(struct alck_thread *t, const struct alck_entry *e,
			     const struct alck_frame *frame);

/* Puts the context of the free of BLOCK by E on its tombstone. */
void alck_capture_free(struct alck_thread *t, const struct alck_entry *e,
		       const struct alck_frame *frame, uintptr_t block,
		       const struct alck_block *was);

/* A full stack, whatever the options say: for findings.  Returns its ID. */
uint32_t alck_capture_stack(struct alck_thread *t,
			    const struct alck_frame *frame);

#endif
