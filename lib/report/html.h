/* SPDX-License-Identifier: MIT */
/*
 * The parts of the HTML page, each put together from blocks of page.html.
 * Between them only what they share: the file, the report, and which colour
 * stands for which allocator.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_HTML_H
#define ALCK_REPORT_HTML_H

#include <stdio.h>

#include "report/page.h"
#include "report/view.h"

#define ALCK_HTML_COLOURS 8

/* Families in the order met, the same on the whole page. */
struct alck_palette {
	char family[ALCK_HTML_COLOURS][24];
	unsigned int used;
};

/* The class of the template that has the colour of FAMILY; those that own no
 * block, and those past the last colour, share a grey. */
const char *alck_html_colour(struct alck_palette *palette, const char *family);

struct alck_html {
	FILE *out;
	struct alck_view *view;
	size_t report; /* its number, from 1 */
	struct alck_palette *palette;
};

/* Printf into a text that lives as long as HTML's view; "" where memory is
 * refused. */
const char *alck_html_text(struct alck_html *html, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* NS nanoseconds: "87.7 ms". */
const char *alck_html_time(struct alck_html *html, uint64_t ns);

/* What belongs to one finding below its headline: facts, stacks, suppression.
 * WHY and ADVICE are what its cause says already: left out here. */
void alck_html_finding(struct alck_html *html,
		       const struct alck_finding_view *finding, const char *why,
		       const char *advice);

/* One stack, in the colour of an allocator; the frames of BLAME, which may be
 * NULL, stand out.  Nothing where there are no FRAMES. */
void alck_html_stack(struct alck_html *html, const char *colour,
		     const struct alck_report_module *blame, const char *what,
		     const char *api, struct alck_number thread,
		     struct alck_frames frames);

/* A line of what belongs to a finding; nothing where there is no TEXT. */
void alck_html_fact(struct alck_html *html, const char *label,
		    const char *text);

/* What the process died of, where that was recorded. */
void alck_html_crash(struct alck_html *html);

/* "strdup" and "_nc_setupterm": who called the allocator, for one line. */
const char *alck_html_caller(struct alck_html *html, struct alck_frames stack);

/* Which object is bound to which allocator. */
void alck_html_map(struct alck_html *html);

/* What happened when and in which thread.  CARD gives the number of a
 * finding's card on the page, 0 for none. */
void alck_html_timeline(struct alck_html *html,
			size_t (*card)(void *data, size_t finding), void *data);

/* Coverage, counters, machine. */
void alck_html_rest(struct alck_html *html);

#endif
