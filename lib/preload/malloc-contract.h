/* SPDX-License-Identifier: MIT */
/*
 * What malloc and its kin promise, checked on the calls that come by: an
 * interposer that does not keep it (T21) works until somebody counts on it.
 *
 *	a block of 16 bytes or more is aligned for any object, and one that is
 *	asked for with an alignment has it
 *	calloc's is zero (its beginning is looked at, of calls that come by for
 *	the first time)
 *	who has no memory says so: errno is ENOMEM, posix_memalign returns that
 *	as many bytes can be used as were asked for
 *
 * What an allocator may do as it likes is not held against it: what malloc(0)
 * returns, what errno is after a free.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_MALLOC_CONTRACT_H
#define ALCK_PRELOAD_MALLOC_CONTRACT_H

#include <stdint.h>

#include "preload/providers.h"
#include "preload/unwind.h"

/* E returned BLOCK of SIZE bytes (UINT64_MAX for unknown). */
void alck_contract_check_block(const struct alck_entry *e, uintptr_t block,
			       uint64_t size, const struct alck_frame *frame);

/* E returned BLOCK and was asked for ALIGNMENT. */
void alck_contract_check_alignment(const struct alck_entry *e, uintptr_t block,
				   uint64_t alignment,
				   const struct alck_frame *frame);

/* E returned NULL, and was asked for SIZE bytes. */
void alck_contract_check_refusal(const struct alck_entry *e, uint64_t size,
				 const struct alck_frame *frame);

/* E, which returns a number and a block through a pointer, returned NUMBER. */
void alck_contract_check_number(const struct alck_entry *e, int number,
				const struct alck_frame *frame);

/* E said that USABLE bytes can be used of BLOCK. */
void alck_contract_check_usable(const struct alck_entry *e, uintptr_t block,
				uint64_t usable,
				const struct alck_frame *frame);

#endif
