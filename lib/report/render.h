/* SPDX-License-Identifier: MIT */
/*
 * The forms in which reports can be shown, a row each: `alloccheck report
 * --format=NAME', its help and the manual read the table.  Offline, not
 * signal-safe.
 *
 * To add one: write render-NAME.c with a report function, and its row.
 */
#ifndef ALCK_REPORT_RENDER_H
#define ALCK_REPORT_RENDER_H

#include <stdio.h>

#include "report/merge.h"
#include "report/view.h"

/* One run of a renderer over all reports that were asked for. */
struct alck_rendering {
	FILE *out;
	int colour;   /* for a terminal */
	int verbose;  /* all rows of everything, and addresses */
	size_t shown; /* reports so far, counted by alck_render_report */
	/* What is shown: whole reports, distinct findings, or which of them
	 * are new or gone. */
	enum alck_shows {
		ALCK_SHOWS_REPORTS,
		ALCK_SHOWS_MERGED,
		ALCK_SHOWS_CHANGES
	} shows;
	/* Of what was merged, of a difference the new side: before the end. */
	struct alck_merge_totals totals;
	void *state; /* the renderer's own, from begin to end */
};

struct alck_renderer {
	const char *name;
	const char *help; /* behind "NAME: " */
	/* Before the first report and after the last; NULL for nothing to do.
	 * Begin returns 0, or -1 where memory is refused. */
	int (*begin)(struct alck_rendering *rendering);
	void (*end)(struct alck_rendering *rendering);
	/* One report.  It is gone afterwards, with all that VIEW gave out.
	 * NULL where the form has distinct findings alone. */
	void (*report)(struct alck_rendering *rendering,
		       struct alck_view *view);
	/* A distinct finding of many reports, one by one; NULL where the form
	 * has whole reports alone. */
	void (*merged)(struct alck_rendering *rendering, struct alck_view *view,
		       const struct alck_report_finding *finding,
		       const struct alck_merged *merged);
};

/* Ends with a row without a name. */
extern const struct alck_renderer alck_renderers[];

/* The row called NAME, or NULL. */
const struct alck_renderer *alck_renderer_find(const char *name);

/* The three functions of RENDERER, where it has them. */
int alck_render_begin(const struct alck_renderer *renderer,
		      struct alck_rendering *rendering);
void alck_render_report(const struct alck_renderer *renderer,
			struct alck_rendering *rendering,
			struct alck_view *view);
void alck_render_end(const struct alck_renderer *renderer,
		     struct alck_rendering *rendering);

#endif
