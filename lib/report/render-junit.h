/* SPDX-License-Identifier: MIT */
/*
 * Distinct findings as test cases in the XML that CI systems read from JUnit:
 * an error is a failure, a latent fault or a note is a case that was skipped,
 * and without any there is one case that passed.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_RENDER_JUNIT_H
#define ALCK_REPORT_RENDER_JUNIT_H

#include "report/render.h"

/* The functions of a row of alck_renderers. */
int alck_junit_begin(struct alck_rendering *rendering);
void alck_junit_merged(struct alck_rendering *rendering, struct alck_view *view,
		       const struct alck_report_finding *finding,
		       const struct alck_merged *merged);
void alck_junit_end(struct alck_rendering *rendering);

#endif
