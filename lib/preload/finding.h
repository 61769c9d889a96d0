/* SPDX-License-Identifier: MIT */
/*
 * Findings, inside the process: a block has reached an entry that it does not
 * belong to.  Gathers the proof, asks contract/verdict.h for the code, writes
 * the report, stops the process if that is asked for, and says what shall
 * become of the block.
 *
 * The same finding again is counted and not written again.  Signal-safe; takes
 * no lock that a forked child could find held.
 */
#ifndef ALCK_PRELOAD_FINDING_H
#define ALCK_PRELOAD_FINDING_H

#include <stdint.h>

#include "contract/findings.h"
#include "contract/record.h"
#include "preload/owner-table.h"
#include "preload/providers.h"
#include "preload/unwind.h"

/* BLOCK, which IS says belongs to another provider, reached E.  Does not
 * return where the process is to be aborted. */
enum alck_action alck_finding_misplaced(struct alck_entry *e, uintptr_t block,
					const struct alck_block *is,
					const struct alck_frame *frame);

/* The same, by a malloc hook that a fork has changed. */
enum alck_action alck_finding_hooked(struct alck_entry *e, uintptr_t block,
				     const struct alck_block *is,
				     const struct alck_frame *frame);

/* BLOCK reached E, and a malloc hook is about to hand it to its owner. */
void alck_finding_rescued(struct alck_entry *e, uintptr_t block,
			  const struct alck_block *is,
			  const struct alck_frame *frame);

/* E, which is about an allocator itself, was called; a finding if that
 * allocator is not the one in force. */
void alck_finding_satellite(const struct alck_entry *e,
			    const struct alck_frame *frame);

/* BLOCK came from another function than E is for, or is of another size than
 * the sized free E was told, GIVEN. */
void alck_finding_mismatch(struct alck_entry *e, uintptr_t block,
			   const struct alck_block *was, uint64_t given,
			   const struct alck_frame *frame);

/* BLOCK reached E after it had been freed; WAS is its tombstone. */
enum alck_action alck_finding_repeated(struct alck_entry *e, uintptr_t block,
				       const struct alck_block *was,
				       const struct alck_frame *frame);

/* BLOCK reached E, and it is proven that no block begins there (wild.h). */
enum alck_action alck_finding_wild(struct alck_entry *e, uintptr_t block,
				   const struct alck_frame *frame);

/* BLOCK reached E, whose provider takes foreign blocks rightly. */
void alck_finding_tolerated(struct alck_entry *e, uintptr_t block,
			    const struct alck_block *is,
			    const struct alck_frame *frame);

/* What is wrong with PROVIDER as it is, before or without any call. */
struct alck_notice {
	enum alck_code code;
	enum alck_verdict_kind kind;
	const struct alck_provider *provider;
	const struct alck_module *object; /* that is at fault; may be NULL */
	uint32_t variant; /* of CODE: notices of each are counted apart */
	/* Writes what else there is to say; may be NULL. */
	void (*put)(struct alck_record_writer *w, const void *data);
	const void *data;
};

/* Reports NOTICE, once. */
void alck_finding_notice(const struct alck_notice *notice);
/* The program calls E to start the program at PATH, into which this library
 * does not get for the reason WHY. */
void alck_finding_lost(const struct alck_entry *e, const char *path,
		       const char *why, const struct alck_frame *frame);

/* Calls VISIT for every finding of this process: its number in the report and
 * how often it happened. */
void alck_findings_each(void (*visit)(uint32_t id, uint64_t count));

/* Errors so far, each time counted; without those that were expected. */
uint64_t alck_findings_errors(void);

/* Findings that could not be kept apart or written. */
uint64_t alck_findings_unrecorded(void);

#endif
