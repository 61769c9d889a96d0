/* SPDX-License-Identifier: MIT */
/*
 * Two merges compared: which findings of the new one the old one did not have,
 * and which are gone.  A finding is the same when its signature is; where the
 * program was built anew, when its functions have the same names.  Offline.
 */
#ifndef ALCK_REPORT_DIFF_H
#define ALCK_REPORT_DIFF_H

#include "report/merge.h"

struct alck_diff {
	size_t new_ones[3]; /* by enum alck_severity, none suppressed */
	size_t gone, same;
};

/* Marks the rows of both, which must be finished: ALCK_CHANGE_NEW in NEW,
 * ALCK_CHANGE_GONE in OLD.  Those that are suppressed are neither.  Returns 0,
 * or -1 where memory is refused. */
int alck_diff(struct alck_merge *older, struct alck_merge *newer,
	      struct alck_diff *diff);

#endif
