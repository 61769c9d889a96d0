/* SPDX-License-Identifier: MIT */
/*
 * Memory that objects map for themselves, by mmap or sbrk: where an allocator
 * without names has its blocks.  Such a block is unknown, but not whose memory
 * it lies in.
 *
 * Lock-free and signal-safe.  What two threads change at the same time is
 * given up, and with it all that was known: never is memory said to be an
 * object's that it has unmapped.
 */
#ifndef ALCK_PRELOAD_MAPPED_H
#define ALCK_PRELOAD_MAPPED_H

#include <stdint.h>

#include "preload/modules.h"
#include "preload/watched.h"

/* From alck_on_returning: what the program's calls of mmap, munmap, mremap and
 * sbrk did. */
void alck_mapped_begin(struct alck_watched_call *call);
void alck_mapped_end(const struct alck_watched_call *call, uintptr_t result);

/* The module that mapped the memory at ADDR for itself, if it is still there
 * and not known to be an allocator and nothing else; or NULL. */
struct alck_module *alck_mapped_by(uintptr_t addr);

#endif
