/* SPDX-License-Identifier: MIT */
/* A report as text for people.  Offline, not signal-safe. */
#ifndef ALCK_REPORT_RENDER_TEXT_H
#define ALCK_REPORT_RENDER_TEXT_H

#include <stdio.h>

#include "report/view.h"

enum alck_colour { ALCK_COLOUR_AUTO, ALCK_COLOUR_ALWAYS, ALCK_COLOUR_NEVER };

struct alck_text_style {
	FILE *out;
	int colour;
	int verbose; /* all rows of everything, and addresses */
};

/* Is OUT to be coloured?  By AUTO a terminal is, unless NO_COLOR is set. */
int alck_text_colour(FILE *out, enum alck_colour when);

/* The whole report. */
void alck_render_text(const struct alck_text_style *style,
		      struct alck_view *view);

/* One finding: its headline, facts and stacks. */
void alck_render_text_finding(const struct alck_text_style *style,
			      struct alck_view *view,
			      const struct alck_report_finding *finding);

/* A stack with a line in front: WHAT happened, by API ("" or NULL: left out),
 * in THREAD. */
void alck_render_text_stack(const struct alck_text_style *style,
			    const struct alck_report *report, const char *what,
			    const char *api, struct alck_number thread,
			    struct alck_frames frames);

/* The counters that are not zero, a line each, indented. */
void alck_render_text_counters(const struct alck_text_style *style,
			       const struct alck_report_counters *counters);

#endif
