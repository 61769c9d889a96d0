/* SPDX-License-Identifier: MIT */
/*
 * Findings as lines of JSON, one a finding, flat, for engines that read such
 * (NDJSON): schema alloccheck-finding/1, which doc/FORMAT has.  Offline, not
 * signal-safe.
 */
#ifndef ALCK_REPORT_RENDER_NDJSON_H
#define ALCK_REPORT_RENDER_NDJSON_H

#include "report/merge.h"
#include "report/view.h"

/* A line for each finding of VIEW's report. */
void alck_render_ndjson(FILE *out, struct alck_view *view);

/* One line for FINDING, a distinct one. */
void alck_render_ndjson_merged(FILE *out, struct alck_view *view,
			       const struct alck_report_finding *finding,
			       const struct alck_merged *merged);

#endif
