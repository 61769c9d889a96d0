/* SPDX-License-Identifier: MIT */
/*
 * Suppressions, applied to reports: the rules of files, which finding each of
 * them is for, and how often it was.  The language is that of
 * contract/suppression.h.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_SUPPRESSIONS_H
#define ALCK_REPORT_SUPPRESSIONS_H

#include <stdio.h>

#include "contract/suppression.h"
#include "report/view.h"

struct alck_suppressions;

struct alck_suppression_rule {
	struct alck_suppression words;
	const char *place; /* "FILE:LINE" */
	uint64_t findings; /* that it was for, and how often they happened */
	uint64_t times;
};

/* Returns NULL where memory is refused; else it is the caller's, to
 * alck_suppressions_free. */
struct alck_suppressions *alck_suppressions_new(void);

/* NULL is taken. */
void alck_suppressions_free(struct alck_suppressions *suppressions);

/* Adds the rules of the file at PATH.  Says on OUT what is wrong with it, in
 * one sentence a mistake.  Returns 0, or -1 after a mistake; the rules without
 * one are added all the same. */
int alck_suppressions_read(struct alck_suppressions *suppressions,
			   const char *path, FILE *out);

/* The same for LEN bytes at TEXT, which are copied; NAME stands for the
 * path. */
int alck_suppressions_parse(struct alck_suppressions *suppressions,
			    const char *name, const char *text, size_t len,
			    FILE *out);

size_t alck_suppressions_count(const struct alck_suppressions *suppressions);
struct alck_suppression_rule *
alck_suppressions_rule(const struct alck_suppressions *suppressions,
		       size_t index);

/* The first rule for FINDING, one of VIEW's report; NULL when there is none,
 * or SUPPRESSIONS is NULL. */
struct alck_suppression_rule *
alck_suppressions_find(const struct alck_suppressions *suppressions,
		       struct alck_view *view,
		       const struct alck_report_finding *finding);

/* Marks the findings of REPORT that are suppressed, and counts them with their
 * rules; VIEW is the report's. */
void alck_suppressions_apply(const struct alck_suppressions *suppressions,
			     struct alck_view *view,
			     struct alck_report *report);

/* Says which rules were used, how often, and which were not. */
void alck_suppressions_tell(const struct alck_suppressions *suppressions,
			    FILE *out);

#endif
