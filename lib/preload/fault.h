/* SPDX-License-Identifier: MIT */
/*
 * A fault with what has been proven of it, and how it is written: as a record
 * of the report, as a line on stderr.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_FAULT_H
#define ALCK_PRELOAD_FAULT_H

#include "contract/findings.h"
#include "contract/suppression.h"
#include "preload/binding.h"
#include "preload/finding.h"
#include "preload/owner-table.h"
#include "preload/providers.h"
#include "preload/rebound.h"
#include "preload/stack-depot.h"
#include "preload/thread.h"
#include "preload/unwind.h"
#include "preload/wild.h"

/* What is reported: the fault and what has been proven of it. */
struct alck_fault {
	const struct alck_notice *notice; /* of no call; else NULL, and: */
	struct alck_entry *entry;
	uintptr_t pointer;
	const struct alck_block *block; /* NULL: no block is known */
	const struct alck_frame *frame;
	enum alck_verdict_kind kind;
	enum alck_code code;
	int via;	      /* a malloc hook: as in struct alck_facts */
	uint32_t fork_thread; /* of a window: who is in fork; 0: nobody seen */
	uint64_t fork_since;
	enum alck_wild wild;
	uintptr_t inside;
	uint32_t stack;			  /* of the free, in the depot */
	struct alck_context alloc, freed; /* entry 0: not known */
	struct alck_deep deep_alloc, deep_free;
	const struct alck_entry *deep_entry; /* that the object is bound to */
	uint64_t given; /* size that a sized free was told, 0 for none */
	struct alck_rebound rebound;	  /* of T18 */
	const struct alck_module *hidden; /* it has the allocator */
	uint32_t private; /* provider of T2 and T3 that is linked in; or 0 */
	enum alck_fit suppressed; /* where that was asked */
	const char *spared;	  /* the rule that on_error=abort goes on for */
	const char *child, *lost; /* of T16: a program, and what keeps us out */
};

/* Writes F as finding ID, with what became of the block.  Returns 0, or -1
 * where it could not be written. */
int alck_fault_put(struct alck_thread *t, const struct alck_fault *f,
		   uint32_t id, enum alck_action action);

/* Writes the stack with this number of the depot. */
void alck_fault_put_stack(struct alck_record_writer *w, enum alck_field field,
			  uint32_t stack);

/* Writes C, the context of an allocation. */
void alck_fault_put_alloc(struct alck_record_writer *w,
			  const struct alck_context *c);

/* F in one sentence, on stderr. */
void alck_fault_say(const struct alck_fault *f);

#endif
