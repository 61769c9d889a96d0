/* SPDX-License-Identifier: MIT */
/*
 * Distinct findings as one run of SARIF 2.1.0, for what shows the results of
 * analyses: a code is a rule, a finding a result.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_RENDER_SARIF_H
#define ALCK_REPORT_RENDER_SARIF_H

#include "report/render.h"

/* The functions of a row of alck_renderers. */
int alck_sarif_begin(struct alck_rendering *rendering);
void alck_sarif_merged(struct alck_rendering *rendering, struct alck_view *view,
		       const struct alck_report_finding *finding,
		       const struct alck_merged *merged);
void alck_sarif_end(struct alck_rendering *rendering);

#endif
