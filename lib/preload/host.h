/* SPDX-License-Identifier: MIT */
/*
 * What a report says of the machine, and of the lock that glibc would have
 * taken: whether a wrong free ends in a split lock, and what this processor and
 * kernel make of one.  Reads, and never locks.  Signal-safe, under the
 * recorder's lock.
 */
#ifndef ALCK_PRELOAD_HOST_H
#define ALCK_PRELOAD_HOST_H

#include <stdint.h>

#include "contract/record.h"

/* Adds the fields of a HOST record to W: see record.def.  What the system does
 * not tell is left out. */
void alck_host_put(struct alck_record_writer *w);

/* POINTER is about to reach glibc's free with BEFORE as the eight bytes before
 * it: adds the address of the arena that glibc would use, if it looks for one
 * outside of itself. */
void alck_host_put_arena(struct alck_record_writer *w, uintptr_t pointer,
			 uint64_t before);

#endif
