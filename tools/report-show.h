/* SPDX-License-Identifier: MIT */
/*
 * What `alloccheck report' does with reports, once its options are read: shows
 * each, or all of them merged, or the difference of two.  Offline.
 */
#ifndef ALCK_TOOLS_REPORT_SHOW_H
#define ALCK_TOOLS_REPORT_SHOW_H

#include "report/render.h"
#include "report/suppressions.h"

/* Exit statuses of alloccheck report. */
#define ALCK_REPORT_DAMAGED 2
#define ALCK_REPORT_ERRORS  99

struct alck_report_settings {
	const struct alck_renderer *renderer;
	struct alck_rendering rendering;
	struct alck_images *images;
	struct alck_suppressions *suppressions; /* NULL for none */
	int is_text;		   /* a person reads it: sum up at the end */
	unsigned long long errors; /* met so far, without suppressed ones */
};

/* Each returns 0, or ALCK_REPORT_DAMAGED when one of the COUNT PATHS could not
 * be read whole. */
int alck_report_each(struct alck_report_settings *settings, char **paths,
		     int count);
int alck_report_merged(struct alck_report_settings *settings, char **paths,
		       int count);

/* PATHS are the old one and the new one.  The errors counted are the new
 * ones. */
int alck_report_diff(struct alck_report_settings *settings, char **paths);

/* Do the COUNT PATHS stand for more than one report? */
int alck_report_is_many(char **paths, int count);

#endif
