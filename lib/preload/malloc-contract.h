/* SPDX-License-Identifier: MIT */
/*
 * What malloc and its kin promise, checked on the calls that come by: a block
 * of 16 bytes or more is aligned for any object, and one that is asked for
 * with an alignment has it.  An interposer that does not keep this (T21) works
 * until somebody stores a vector there.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_MALLOC_CONTRACT_H
#define ALCK_PRELOAD_MALLOC_CONTRACT_H

#include <stdint.h>

#include "preload/providers.h"
#include "preload/unwind.h"

/* E returned BLOCK of SIZE bytes (UINT64_MAX for unknown), which is not a
 * multiple of 16. */
void alck_contract_check_size(const struct alck_entry *e, uintptr_t block,
			      uint64_t size, const struct alck_frame *frame);

/* E returned BLOCK and was asked for ALIGNMENT. */
void alck_contract_check_alignment(const struct alck_entry *e, uintptr_t block,
				   uint64_t alignment,
				   const struct alck_frame *frame);

#endif
