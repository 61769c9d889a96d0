/* SPDX-License-Identifier: MIT */
/*
 * What the reports of one run say, taken together: for the end of a run under
 * the launcher.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_SUMMARY_H
#define ALCK_REPORT_SUMMARY_H

#include <stdio.h>
#include <time.h>

struct alck_summary {
	/* How often an error, a latent fault or a piece of information was
	 * met, and how many different ones that are. */
	unsigned long long errors, latents, infos;
	unsigned int distinct_errors, distinct_latents, distinct_infos;
	unsigned int processes; /* reports read */
	unsigned int affected;	/* of these with an error or latent fault */
	unsigned int problems;	/* files that could not be read whole */
};

/* Renders the findings of PATH, a report or a folder of them, as text to OUT;
 * reports that were last written to before SINCE, which may be NULL, belong to
 * earlier runs and are left out.  Each distinct one once, with its count and
 * processes, at most MAX_FINDINGS of them (negative: all), errors first; then
 * one line that sums all up.
 * Findings are the same when code, allocators and both stacks are, by module
 * and offset.  Files that cannot be read whole are named on OUT too.  Fills
 * SUMMARY, which may be NULL.  Returns 0, or -1 where PATH cannot be listed or
 * memory is refused, with errno set and nothing written. */
int alck_report_summary(const char *path, const struct timespec *since,
			FILE *out, int max_findings,
			struct alck_summary *summary);

#endif
