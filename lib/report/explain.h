/* SPDX-License-Identifier: MIT */
/*
 * A finding in words: what happened, why, what the wrong allocator would have
 * done, what to change.  Pure functions of the report and its stacks; what the
 * report does not say is left open and not guessed.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_EXPLAIN_H
#define ALCK_REPORT_EXPLAIN_H

#include "contract/findings.h"
#include "report/model.h"
#include "report/symbolize.h"

/* The stacks of a finding: each may be empty. */
struct alck_named_stacks {
	struct alck_frames alloc, dealloc, first, load;
};

/* All texts belong to the arena that was given; NULL is nothing to say. */
struct alck_explanation {
	enum alck_severity severity;
	const char *severity_name, *code, *slug, *verdict;
	const char *headline;  /* "free() of a jemalloc block reached glibc" */
	const char *block;     /* address, size, owner */
	const char *freed_by;  /* freer and caller */
	const char *why;       /* the mechanism */
	const char *done;      /* what became of the block */
	const char *otherwise; /* what the wrong allocator does */
	const char *advice;
	const char *suppression;
};

/* Explains FINDING of REPORT, whose symbolized stacks are STACKS, into OUT.
 * Texts come from ARENA and live as long; where memory is refused they are
 * NULL. */
void alck_explain(struct alck_arena *arena, const struct alck_report *report,
		  const struct alck_report_finding *finding,
		  const struct alck_named_stacks *stacks,
		  struct alck_explanation *out);

/* "jemalloc 5.3.0 (libjemalloc.so.2)"; "an unknown allocator" for NULL. */
const char *alck_explain_provider(struct alck_arena *arena,
				  const struct alck_report *report,
				  const struct alck_report_provider *provider);

/* A short name for headlines: the family, or the file of one without. */
const char *
alck_explain_provider_short(const struct alck_report *report,
			    const struct alck_report_provider *provider);

/* STACK without the frames at its top that belong to alloccheck or to the
 * allocator, down to the one that called it.  At least one frame is left of a
 * stack that has any. */
struct alck_frames alck_explain_trim(const struct alck_report *report,
				     struct alck_frames stack);

/* What became of the call of FINDING. */
const char *alck_explain_action(const struct alck_report_finding *finding);

/* What the allocator FREER does with the block of FINDING when it is called
 * like this; from ARENA. */
const char *alck_explain_otherwise(struct alck_arena *arena,
				   const struct alck_report *report,
				   const struct alck_report_finding *finding);

#endif
