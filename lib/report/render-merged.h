/* SPDX-License-Identifier: MIT */
/* A distinct finding of many reports as text, for people.  Offline, not
 * signal-safe. */
#ifndef ALCK_REPORT_RENDER_MERGED_H
#define ALCK_REPORT_RENDER_MERGED_H

#include "report/merge.h"
#include "report/render-text.h"

/* FINDING as alck_render_text_finding shows it, then how often, in which
 * processes and when MERGED says it was met, and an empty line. */
void alck_render_merged(const struct alck_text_style *style,
			struct alck_view *view,
			const struct alck_report_finding *finding,
			const struct alck_merged *merged);

/* One line on FINDING, which is there no more. */
void alck_render_gone(const struct alck_text_style *style,
		      struct alck_view *view,
		      const struct alck_report_finding *finding,
		      const struct alck_merged *merged);

#endif
