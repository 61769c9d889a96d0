/* SPDX-License-Identifier: MIT */
/*
 * A block that went back by the wrong function (T20), in words.  Offline.
 */
#ifndef ALCK_REPORT_MISMATCH_H
#define ALCK_REPORT_MISMATCH_H

#include "report/model.h"

const char *alck_explain_mismatch_why(struct alck_arena *arena,
				      const struct alck_report_finding *f);
const char *alck_explain_mismatch_advice(struct alck_arena *arena,
					 const struct alck_report_finding *f);

#endif
