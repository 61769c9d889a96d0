/* SPDX-License-Identifier: MIT */
/* Suppressions for findings, written: what contract/suppression.h reads.
 * Offline, not signal-safe. */
#ifndef ALCK_REPORT_SUPPRESSION_TEXT_H
#define ALCK_REPORT_SUPPRESSION_TEXT_H

#include <stdio.h>

#include "report/view.h"

/* A rule for FINDING on one line, into ARENA: its code, the allocators and the
 * innermost of FREED, which is its deallocation stack, trimmed.  NULL where
 * memory is refused or there is no code. */
const char *alck_suppression_line(struct alck_arena *arena,
				  const struct alck_report *report,
				  const struct alck_report_finding *finding,
				  struct alck_frames freed);

/* Writes a rule for FINDING, one of VIEW's report, to OUT as a block: the same
 * with some frames of both stacks, and the headline for its name. */
void alck_suppression_write(FILE *out, struct alck_view *view,
			    const struct alck_report_finding *finding);

#endif
