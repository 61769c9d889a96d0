/* SPDX-License-Identifier: MIT */
/*
 * What the reports of one run say, taken together: for the end of a run under
 * the launcher.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_SUMMARY_H
#define ALCK_REPORT_SUMMARY_H

#include <stdio.h>
#include <time.h>

#include "report/merge.h"

/* Renders the findings of PATH, a report or a folder of them, as text to OUT;
 * reports that were last written to before SINCE, which may be NULL, belong to
 * earlier runs and are left out, and with it those of other launchers.  Each
 * distinct one once, with its count and processes, at most MAX_FINDINGS of them
 * (negative: all), errors first, and none that SUPPRESSIONS (may be NULL) has a
 * rule for; then one line that sums all up.  Findings are the same when their
 * signatures are.  Files that cannot be read whole are named on OUT too.  What
 * was TOLD already (NULL: nothing) is counted as well; where no file could be
 * made at all PATH is NULL.  Fills TOTALS, which may be NULL.  Returns 0, or -1
 * where PATH cannot be listed or memory is refused, with errno set and nothing
 * written. */
int alck_report_summary(const char *path, const struct timespec *since,
			const struct alck_suppressions *suppressions,
			const struct alck_told *told, FILE *out,
			int max_findings, struct alck_merge_totals *totals);

/* The line that sums all up: of REPORTS files in PATH, or in several places
 * when that is NULL. */
void alck_summary_line(FILE *out, const struct alck_merge_totals *totals,
		       size_t reports, const char *path);

#endif
