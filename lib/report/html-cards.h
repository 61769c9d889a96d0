/* SPDX-License-Identifier: MIT */
/*
 * The findings of the HTML page: each distinct one a card, the cards of one
 * reason and one remedy together under their cause.  What a card shows is made
 * when its finding is first met, since a report is gone when the next one
 * comes; how often it was met is put in front at the end.  Offline, not
 * signal-safe.
 */
#ifndef ALCK_REPORT_HTML_CARDS_H
#define ALCK_REPORT_HTML_CARDS_H

#include "report/html.h"
#include "report/merge.h"

/* Distinct findings that have a card; the others are counted. */
#define ALCK_CARDS_MAX 400

struct alck_cards;

struct alck_cards_totals {
	/* By severity: how often, and how many different ones. */
	uint64_t times[3];
	size_t distinct[3];
	uint64_t without_card;
	size_t gone; /* by a difference: counted nowhere else */
};

/* Returns NULL where memory is refused; else it is the caller's, to
 * alck_cards_free. */
struct alck_cards *alck_cards_new(void);

/* NULL is taken. */
void alck_cards_free(struct alck_cards *cards);

/* Adds FINDING of HTML's report; with MERGED, which is NULL otherwise, for all
 * that it stands for.  Returns the number of its card, by which the
 * page knows it ("f1"), or 0 where it has none. */
size_t alck_cards_add(struct alck_cards *cards, struct alck_html *html,
		      const struct alck_report_finding *finding,
		      const struct alck_merged *merged);

const struct alck_cards_totals *
alck_cards_totals(const struct alck_cards *cards);

/* Writes them all to OUT, errors first. */
void alck_cards_put(const struct alck_cards *cards, FILE *out);

#endif
