/* SPDX-License-Identifier: MIT */
/* What the HTML page says of a process besides its findings and pictures: what
 * was not seen, what was counted, the machine.  See html.h.  Offline. */
#include <inttypes.h>
#include <string.h>

#include "report/html.h"
#include "report/split-lock.h"

#define ROWS 60

static void counter(struct alck_html *html, struct alck_number n,
		    const char *one, const char *many, const char *meaning)
{
	if (n.value)
		alck_page_put(html->out, "list-row", "text",
			      alck_html_text(html, "%" PRIu64 " %s: %s",
					     n.value, n.value == 1 ? one : many,
					     meaning),
			      NULL);
}

static int in_full(const struct alck_report_coverage *c)
{
	return c->seen && !strcmp(c->seen, "all");
}

static void coverage(struct alck_html *html)
{
	const struct alck_report *r = html->view->report;
	size_t shown = 0;

	for (size_t i = 0; i < r->ncoverage; i++) {
		const struct alck_report_coverage *c = &r->coverage[i];

		if (in_full(c) || shown++ >= ROWS)
			continue;
		alck_page_put(html->out, "list-row", "text",
			      alck_html_text(html, "%s of %s%s%s",
					     c->seen ? c->seen : "unknown",
					     c->path ? c->path : "?",
					     c->why && *c->why ? ": " : "",
					     c->why ? c->why : ""),
			      NULL);
	}
	if (shown > ROWS)
		alck_page_put(
			html->out, "list-row", "text",
			alck_html_text(html, "and %zu more", shown - ROWS),
			NULL);
}

static int anything_missed(const struct alck_report *r)
{
	const struct alck_report_counters *c = &r->counters;

	for (size_t i = 0; i < r->ncoverage; i++)
		if (!in_full(&r->coverage[i]))
			return 1;
	return c->untracked.value || c->unknown_frees.value ||
	       c->unrecorded.value || c->short_stacks.value;
}

void alck_html_rest(struct alck_html *html)
{
	const struct alck_report *r = html->view->report;
	const struct alck_report_counters *c = &r->counters;

	if (anything_missed(r)) {
		alck_page_put(html->out, "part-open", "title",
			      "What was not seen in full", NULL);
		alck_page_put(html->out, "list-open", NULL);
		counter(html, c->unknown_frees, "free of a block never seen",
			"frees of blocks never seen",
			"they came from where alloccheck cannot look, and "
			"accuse nobody");
		counter(html, c->untracked, "block not recorded",
			"blocks not recorded",
			"the system refused the memory, or the address is out "
			"of range");
		counter(html, c->unrecorded,
			"finding that could not be written",
			"findings that could not be written",
			"the report is short of them");
		counter(html, c->short_stacks, "stack cut short",
			"stacks cut short",
			"raise depth=N to see more of them");
		coverage(html);
		alck_page_put(html->out, "list-close", NULL);
		alck_page_put(html->out, "part-close", NULL);
	}
	if (r->host.set) {
		alck_page_put(html->out, "part-open", "title", "The machine",
			      NULL);
		alck_page_put(html->out, "part-note", "text",
			      alck_explain_host(&html->view->arena, &r->host),
			      NULL);
		alck_page_put(
			html->out, "part-note", "text",
			alck_explain_split_lock(&html->view->arena, &r->host),
			NULL);
		alck_page_put(html->out, "part-close", NULL);
	}
}
