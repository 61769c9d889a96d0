/* SPDX-License-Identifier: MIT */
/* The table of renderers: see render.h.  Offline. */
#include "report/render.h"

#include <string.h>

#include "report/render-json.h"
#include "report/render-text.h"

static void text_report(struct alck_rendering *rendering,
			struct alck_view *view)
{
	const struct alck_text_style style = {.out = rendering->out,
					      .colour = rendering->colour,
					      .verbose = rendering->verbose};

	/* What is wrong with it is said elsewhere. */
	if (!view->report->nrecords)
		return;
	if (rendering->shown)
		fputc('\n', rendering->out);
	alck_render_text(&style, view);
}

static void json_report(struct alck_rendering *rendering,
			struct alck_view *view)
{
	alck_render_json(rendering->out, view);
}

const struct alck_renderer alck_renderers[] = {
	{.name = "text", .help = "for people", .report = text_report},
	{.name = "json",
	 .help = "one object a line and report, as doc/FORMAT says",
	 .report = json_report},
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
