/* SPDX-License-Identifier: MIT */
/*
 * The commands of the alloccheck tool, one file each, and what they share.
 * Each main takes the command's own name as argv[0] and returns the exit
 * status.
 */
#ifndef ALCK_TOOLS_COMMANDS_H
#define ALCK_TOOLS_COMMANDS_H

#include <stdio.h>

int alck_run_main(int argc, char **argv);
int alck_report_main(int argc, char **argv);

/* What the reports of one run say, for the end of the run. */
struct alck_summary {
	/* How often an error, a latent fault or a piece of information was
	 * met, and how many different ones that are. */
	unsigned long long errors, latents, infos;
	unsigned int distinct_errors, distinct_latents, distinct_infos;
	unsigned int processes; /* reports read */
	unsigned int affected;	/* of these with an error or latent fault */
	unsigned int problems;	/* files that could not be read whole */
};

/* Renders the findings of PATH, a report or a folder of them, as text to OUT:
 * each distinct one once, with its count and processes, at most MAX_FINDINGS
 * of them (negative: all), errors first; then one line that sums all up.
 * Files that cannot be read whole are named on OUT too.  Fills SUMMARY, which
 * may be NULL.  Returns 0, or -1 where PATH cannot be read at all, with errno
 * set and nothing written. */
int alck_report_summary(const char *path, FILE *out, int max_findings,
			struct alck_summary *summary);

#endif
