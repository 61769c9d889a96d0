/* SPDX-License-Identifier: MIT */
/* What malloc promises: see malloc-contract.h.  Signal-safe. */
#include <errno.h>

#include "preload/capture.h"
#include "preload/fault.h"
#include "preload/finding.h"
#include "preload/malloc-contract.h"
#include "preload/text.h"

#define ANY_OBJECT 16 /* alignof(max_align_t), by the ABI */
#define LOOKED_AT  64 /* bytes of what calloc returns */
/* A signal handler that does not keep errno can come in between once. */
#define IN_A_ROW 2

enum promise { ALIGNED, ZERO, SAYS_WHY, SAYS_SO, USABLE };

struct breach {
	const struct alck_entry *entry;
	enum promise promise;
	uintptr_t block; /* 0: there is none */
	uint64_t alignment;
	uint64_t number, of; /* that are told */
	uint32_t stack;
};

/* Behind "the malloc of libsomething.so"; ALIGNED is told by its number. */
static void put_words(struct alck_record_writer *w, const struct breach *b)
{
	char line[128];
	struct alck_text t;

	alck_text_begin(&t, line, sizeof(line));
	switch (b->promise) {
	case ALIGNED:
		return;
	case ZERO:
		alck_text_add(&t, "returned a block that is not zero");
		break;
	case SAYS_WHY:
		alck_text_add(&t, "returned no block of ");
		alck_text_add_number(&t, b->of);
		alck_text_add(&t, " bytes, again, and errno is not ENOMEM");
		break;
	case SAYS_SO:
		alck_text_add(&t, "failed, and returned ");
		alck_text_add(&t, (int)b->number < 0 ? "-" : "");
		alck_text_add_number(
			&t,
			(uint64_t)((int)b->number < 0 ? -(int64_t)(int)b->number
						      : (int)b->number));
		alck_text_add(&t, ", which is neither EINVAL nor ENOMEM");
		break;
	case USABLE:
		alck_text_add(&t, "said that ");
		alck_text_add_number(&t, b->number);
		alck_text_add(&t, " bytes can be used of a block of ");
		alck_text_add_number(&t, b->of);
		break;
	}
	alck_record_text(w, ALCK_FIELD_MESSAGE, line);
}

static void put(struct alck_record_writer *w, const void *data)
{
	const struct breach *b = data;

	alck_record_text(w, ALCK_FIELD_API, b->entry->name);
	if (b->block)
		alck_record_uint(w, ALCK_FIELD_POINTER, b->block);
	if (b->promise == ALIGNED)
		alck_record_uint(w, ALCK_FIELD_ALIGNMENT, b->alignment);
	put_words(w, b);
	alck_fault_put_stack(w, ALCK_FIELD_STACK, b->stack);
}

static void report(struct breach *b, const struct alck_frame *frame)
{
	struct alck_notice n = {.code = ALCK_T21,
				.kind = ALCK_VERDICT_BROKEN_CONTRACT,
				.provider = b->entry->provider,
				.variant = (uint32_t)b->promise,
				.put = put,
				.data = b};

	b->stack = alck_capture_stack(&alck_thread, frame);
	alck_finding_notice(&n);
}

/* Others may be asked for less, ld.so's is for itself, and what a function does
 * that one object alone can call is that one's business. */
static int is_bound(const struct alck_entry *e)
{
	const struct alck_family *f = e->provider->family;

	return e->standard >= 0 && !(f->flags & ALCK_LOADER) &&
	       !((f->flags & ALCK_UNPROVEN) && (e->reach & ALCK_PRIVATE));
}

static int is_zero(const unsigned char *block, uint64_t size)
{
	uint64_t words = size / 8, i;

	for (i = 0; i < words && i < LOOKED_AT / 8; i++)
		if (((const uint64_t *)block)[i])
			return 0;
	for (i *= 8; i < size && i < LOOKED_AT; i++)
		if (block[i])
			return 0;
	return 1;
}

void alck_contract_check_block(const struct alck_entry *e, uintptr_t block,
			       uint64_t size, const struct alck_frame *frame)
{
	struct breach b = {.entry = e,
			   .promise = ALIGNED,
			   .block = block,
			   .alignment = ANY_OBJECT};

	if (!is_bound(e) || size == UINT64_MAX)
		return;
	if (block % ANY_OBJECT && size >= ANY_OBJECT &&
	    e->shape != ALCK_ALLOC_ALIGNED && e->shape != ALCK_ALLOC_OUT)
		report(&b, frame);
	b.promise = ZERO;
	if (e->shape == ALCK_ALLOC_ARRAY &&
	    !is_zero((const unsigned char *)block, size))
		report(&b, frame);
}

void alck_contract_check_alignment(const struct alck_entry *e, uintptr_t block,
				   uint64_t alignment,
				   const struct alck_frame *frame)
{
	struct breach b = {.entry = e,
			   .promise = ALIGNED,
			   .block = block,
			   .alignment = alignment};

	/* What is no power of two, memalign may round as it likes. */
	if (!is_bound(e) || !alignment || (alignment & (alignment - 1)) ||
	    block % alignment == 0)
		return;
	report(&b, frame);
}

void alck_contract_check_refusal(const struct alck_entry *e, uint64_t size,
				 const struct alck_frame *frame)
{
	struct alck_provider *p = e->provider;
	struct breach b = {.entry = e, .promise = SAYS_WHY, .of = size};

	/* C's alone: an operator that throws nothing has nothing to say.  A
	 * product that is too large has lost its value.  Wrappers refuse what
	 * dlsym asks of them while they look for the allocator. */
	if (alck_thread.depth || !is_bound(e) || e->api != ALCK_API_C ||
	    !size || size == UINT64_MAX || p->module->name_space ||
	    (e->shape != ALCK_ALLOC && e->shape != ALCK_ALLOC_ARRAY))
		return;
	if (errno == ENOMEM)
		p->careless = 0;
	else if (++p->careless == IN_A_ROW)
		report(&b, frame);
	else if (p->careless > IN_A_ROW)
		p->careless = IN_A_ROW;
}

void alck_contract_check_number(const struct alck_entry *e, int number,
				const struct alck_frame *frame)
{
	struct breach b = {.entry = e,
			   .promise = SAYS_SO,
			   .number = (uint64_t)(int64_t)number};

	if (is_bound(e) && number && number != EINVAL && number != ENOMEM)
		report(&b, frame);
}

void alck_contract_check_usable(const struct alck_entry *e, uintptr_t block,
				uint64_t usable, const struct alck_frame *frame)
{
	const struct alck_provider *p = e->provider;
	struct breach b = {.entry = e,
			   .promise = USABLE,
			   .block = block,
			   .number = usable};
	struct alck_block is;

	/* By other functions it may have been made smaller: those that nobody
	 * knows, or jemalloc's xallocx. */
	if (!is_bound(e) || p->has_more ||
	    !(p->family->flags & ALCK_UNPROVEN) ||
	    alck_table_lookup(block, &is) != ALCK_LIVE || is.owner != p->id ||
	    !is.size_exact || usable >= is.size)
		return;
	b.of = is.size;
	report(&b, frame);
}
