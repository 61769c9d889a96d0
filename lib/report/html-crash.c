/* SPDX-License-Identifier: MIT */
/* What a process died of, on the HTML page: see html.h.  Offline. */
#include <inttypes.h>

#include "report/crash.h"
#include "report/html.h"

/* The blocks that registers led to: what each is, and where it came from. */
static void held_stacks(struct alck_html *html,
			const struct alck_report_held *h, uint64_t time)
{
	const struct alck_report_provider *p =
		alck_report_provider(html->view->report, h->owner);
	const char *colour =
		alck_html_colour(html->palette, p ? p->family : NULL);
	const char *name = h->name ? h->name : "?";
	struct alck_symbolizer *s = html->view->symbolizer;

	alck_html_stack(html, colour, NULL,
			alck_html_text(html, "%s: allocated", name),
			h->alloc_api, h->alloc_thread,
			alck_symbolizer_stack(s, &h->alloc_stack, time));
	alck_html_stack(html, colour, NULL,
			alck_html_text(html, "%s: freed", name), h->freed_api,
			h->freed_thread,
			alck_symbolizer_stack(s, &h->freed_stack, time));
}

void alck_html_crash(struct alck_html *html)
{
	const struct alck_report *r = html->view->report;
	const struct alck_report_crash *c = &r->crash;
	struct alck_arena *arena = &html->view->arena;
	uint64_t time = c->time.set ? c->time.value : UINT64_MAX;

	if (!c->set)
		return;
	alck_page_put(html->out, "crash-open", "headline",
		      alck_crash_headline(arena, r), "process",
		      alck_html_text(html, "%s, process %" PRIu64,
				     alck_report_base_name(r->process.exe),
				     r->process.pid.value),
		      NULL);
	alck_html_fact(html, "why", alck_crash_reason(arena, r));
	for (size_t i = 0; i < c->nheld; i++)
		alck_html_fact(html, c->held[i].name ? c->held[i].name : "?",
			       alck_crash_block(arena, r, &c->held[i]));
	alck_page_put(html->out, "finding-stacks", NULL);
	alck_html_stack(
		html, "", NULL, "Crashed", NULL, c->thread,
		alck_symbolizer_stack(html->view->symbolizer, &c->stack, time));
	for (size_t i = 0; i < c->nheld; i++)
		held_stacks(html, &c->held[i], time);
	alck_page_put(html->out, "crash-close", NULL);
}
