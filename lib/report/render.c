/* SPDX-License-Identifier: MIT */
/* The table of renderers: see render.h.  Offline. */
#include "report/render.h"

#include <string.h>

#include "report/render-html.h"
#include "report/render-json.h"
#include "report/render-junit.h"
#include "report/render-merged.h"
#include "report/render-ndjson.h"
#include "report/render-sarif.h"
#include "report/render-text.h"
#include "report/suppression-text.h"

static struct alck_text_style style_of(const struct alck_rendering *rendering)
{
	return (struct alck_text_style){.out = rendering->out,
					.colour = rendering->colour,
					.verbose = rendering->verbose};
}

static void text_report(struct alck_rendering *rendering,
			struct alck_view *view)
{
	const struct alck_text_style style = style_of(rendering);

	/* What is wrong with it is said elsewhere. */
	if (!view->report->nrecords)
		return;
	if (rendering->shown)
		fputc('\n', rendering->out);
	alck_render_text(&style, view);
}

static void text_merged(struct alck_rendering *rendering,
			struct alck_view *view,
			const struct alck_report_finding *finding,
			const struct alck_merged *merged)
{
	const struct alck_text_style style = style_of(rendering);

	if (merged->change == ALCK_CHANGE_GONE)
		alck_render_gone(&style, view, finding, merged);
	else
		alck_render_merged(&style, view, finding, merged);
}

static void json_report(struct alck_rendering *rendering,
			struct alck_view *view)
{
	alck_render_json(rendering->out, view);
}

static void ndjson_report(struct alck_rendering *rendering,
			  struct alck_view *view)
{
	alck_render_ndjson(rendering->out, view);
}

static void ndjson_merged(struct alck_rendering *rendering,
			  struct alck_view *view,
			  const struct alck_report_finding *finding,
			  const struct alck_merged *merged)
{
	alck_render_ndjson_merged(rendering->out, view, finding, merged);
}

static void suppressions_report(struct alck_rendering *rendering,
				struct alck_view *view)
{
	const struct alck_report *r = view->report;

	for (size_t i = 0; i < r->nfindings; i++)
		if (!r->findings[i].suppressed_by)
			alck_suppression_write(rendering->out, view,
					       &r->findings[i]);
}

static void suppressions_merged(struct alck_rendering *rendering,
				struct alck_view *view,
				const struct alck_report_finding *finding,
				const struct alck_merged *merged)
{
	if (!merged->rule && merged->change != ALCK_CHANGE_GONE)
		alck_suppression_write(rendering->out, view, finding);
}

const struct alck_renderer alck_renderers[] = {
	{.name = "text",
	 .help = "for people",
	 .report = text_report,
	 .merged = text_merged},
	{.name = "json",
	 .help = "one object a line and report, as doc/FORMAT says",
	 .report = json_report},
	{.name = "ndjson",
	 .help = "one object a line and finding, flat, for databases",
	 .report = ndjson_report,
	 .merged = ndjson_merged},
	{.name = "suppressions",
	 .help = "rules for what was found, for --suppressions",
	 .report = suppressions_report,
	 .merged = suppressions_merged},
	{.name = "html",
	 .help = "one page for a browser, complete in itself",
	 .begin = alck_html_begin,
	 .report = alck_html_report,
	 .merged = alck_html_merged,
	 .end = alck_html_end},
	{.name = "sarif",
	 .help = "SARIF 2.1.0, for code scanning",
	 .begin = alck_sarif_begin,
	 .merged = alck_sarif_merged,
	 .end = alck_sarif_end},
	{.name = "junit",
	 .help = "JUnit's XML, for CI systems",
	 .begin = alck_junit_begin,
	 .merged = alck_junit_merged,
	 .end = alck_junit_end},
	{.name = NULL},
};

const struct alck_renderer *alck_renderer_find(const char *name)
{
	for (const struct alck_renderer *r = alck_renderers; r->name; r++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}

int alck_render_begin(const struct alck_renderer *renderer,
		      struct alck_rendering *rendering)
{
	return renderer->begin ? renderer->begin(rendering) : 0;
}

void alck_render_report(const struct alck_renderer *renderer,
			struct alck_rendering *rendering,
			struct alck_view *view)
{
	renderer->report(rendering, view);
	rendering->shown += view->report->nrecords != 0;
}

void alck_render_end(const struct alck_renderer *renderer,
		     struct alck_rendering *rendering)
{
	if (renderer->end)
		renderer->end(rendering);
}
