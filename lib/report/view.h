/* SPDX-License-Identifier: MIT */
/*
 * A report made ready to be shown: its findings with named stacks and words.
 * Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_VIEW_H
#define ALCK_REPORT_VIEW_H

#include "report/explain.h"
#include "report/model.h"
#include "report/symbolize.h"

struct alck_view {
	const struct alck_report *report;
	struct alck_symbolizer *symbolizer;
	struct alck_arena arena;
};

struct alck_finding_view {
	const struct alck_report_finding *finding;
	struct alck_named_stacks stacks;
	struct alck_explanation words;
};

/* Prepares VIEW for REPORT, which must outlive it; IMAGES as for
 * alck_symbolizer_new.  Returns 0, or -1 where memory is refused. */
int alck_view_init(struct alck_view *view, const struct alck_report *report,
		   struct alck_images *images);

/* Lets go what VIEW holds, and all that was given out for it. */
void alck_view_done(struct alck_view *view);

/* Fills OUT for FINDING, one of the report's. */
void alck_view_finding(struct alck_view *view,
		       const struct alck_report_finding *finding,
		       struct alck_finding_view *out);

/* The severity of FINDING, without opening any file. */
enum alck_severity
alck_view_severity(const struct alck_report_finding *finding);

#endif
