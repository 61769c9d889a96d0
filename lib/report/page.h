/* SPDX-License-Identifier: MIT */
/*
 * The HTML page, out of the blocks of its one template, page.html.
 *
 * All markup is in the template, and every value that is put into a block goes
 * through one function that leaves nothing of it to be taken for markup: a
 * report may hold any bytes.  A place for a value stands only where text may
 * stand: between tags, or inside the quotes of an attribute that is neither a
 * script nor a style.  tests/pages checks the template for that.
 *
 * Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_PAGE_H
#define ALCK_REPORT_PAGE_H

#include <stdio.h>

/* Writes the block NAME to OUT.  For each {{place}} in it the arguments have a
 * pair "place", value, both char *, in any order; a NULL closes them.  A value
 * that is NULL is empty.  A block or place that is not there is a mistake in
 * the program, and ends it. */
void alck_page_put(FILE *out, const char *name, ...) __attribute__((sentinel));

/* The one escape: writes TEXT to OUT as text of HTML, in attributes too.  What
 * is not UTF-8, control characters and those that turn the direction of
 * writing around come as \xNN or \uNNNN. */
void alck_page_escape(FILE *out, const char *text);

#endif
