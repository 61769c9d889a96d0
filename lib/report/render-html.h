/* SPDX-License-Identifier: MIT */
/*
 * Reports as one HTML page that needs nothing else: findings by cause, which
 * object is bound to which allocator, the timeline, what a process died of.  Of
 * many reports each
 * distinct finding is there once; how many of them, and of how many processes
 * there are pictures, is limited, so that the page can be opened.  Offline, not
 * signal-safe.
 */
#ifndef ALCK_REPORT_RENDER_HTML_H
#define ALCK_REPORT_RENDER_HTML_H

#include "report/render.h"

/* The functions of a row of alck_renderers. */
int alck_html_begin(struct alck_rendering *rendering);
void alck_html_report(struct alck_rendering *rendering, struct alck_view *view);
void alck_html_merged(struct alck_rendering *rendering, struct alck_view *view,
		      const struct alck_report_finding *finding,
		      const struct alck_merged *merged);
void alck_html_end(struct alck_rendering *rendering);

#endif
