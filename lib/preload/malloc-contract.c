/* SPDX-License-Identifier: MIT */
/* What malloc promises: see malloc-contract.h.  Signal-safe. */
#include "preload/capture.h"
#include "preload/fault.h"
#include "preload/finding.h"
#include "preload/malloc-contract.h"

#define ANY_OBJECT 16 /* alignof(max_align_t), by the ABI */

struct breach {
	const struct alck_entry *entry;
	uintptr_t block;
	uint64_t alignment;
	uint32_t stack;
};

static void put(struct alck_record_writer *w, const void *data)
{
	const struct breach *b = data;

	alck_record_text(w, ALCK_FIELD_API, b->entry->name);
	alck_record_uint(w, ALCK_FIELD_POINTER, b->block);
	alck_record_uint(w, ALCK_FIELD_ALIGNMENT, b->alignment);
	alck_fault_put_stack(w, ALCK_FIELD_STACK, b->stack);
}

static void report(const struct alck_entry *e, uintptr_t block,
		   uint64_t alignment, const struct alck_frame *frame)
{
	struct breach b = {.entry = e, .block = block, .alignment = alignment};
	struct alck_notice n = {.code = ALCK_T21,
				.kind = ALCK_VERDICT_BROKEN_CONTRACT,
				.provider = e->provider,
				.put = put,
				.data = &b};

	b.stack = alck_capture_stack(&alck_thread, frame);
	alck_finding_notice(&n);
}

void alck_contract_check_size(const struct alck_entry *e, uintptr_t block,
			      uint64_t size, const struct alck_frame *frame)
{
	/* Others may be asked for less, and ld.so's is for itself. */
	if (e->standard < 0 || e->shape == ALCK_ALLOC_ALIGNED ||
	    e->shape == ALCK_ALLOC_OUT || size < ANY_OBJECT ||
	    size == UINT64_MAX || (e->provider->family->flags & ALCK_LOADER))
		return;
	report(e, block, ANY_OBJECT, frame);
}

void alck_contract_check_alignment(const struct alck_entry *e, uintptr_t block,
				   uint64_t alignment,
				   const struct alck_frame *frame)
{
	/* What is no power of two, memalign may round as it likes. */
	if (e->standard < 0 || !alignment || (alignment & (alignment - 1)) ||
	    block % alignment == 0)
		return;
	report(e, block, alignment, frame);
}
