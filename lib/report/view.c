/* SPDX-License-Identifier: MIT */
/* A report made ready to be shown: see view.h.  Offline. */
#include "report/view.h"

#include <string.h>

int alck_view_init(struct alck_view *view, const struct alck_report *report,
		   struct alck_images *images)
{
	memset(view, 0, sizeof(*view));
	view->report = report;
	view->symbolizer = alck_symbolizer_new(report, images);
	return view->symbolizer ? 0 : -1;
}

void alck_view_done(struct alck_view *view)
{
	alck_symbolizer_free(view->symbolizer);
	alck_arena_free(&view->arena);
}

void alck_view_finding(struct alck_view *view,
		       const struct alck_report_finding *f,
		       struct alck_finding_view *out)
{
	struct alck_symbolizer *s = view->symbolizer;
	uint64_t time = f->time.set ? f->time.value : UINT64_MAX;

	out->finding = f;
	out->stacks.dealloc = alck_symbolizer_stack(s, &f->stack, time);
	out->stacks.alloc = alck_symbolizer_stack(s, &f->alloc_stack,
						  alck_report_alloc_time(f));
	out->stacks.first = alck_symbolizer_stack(
		s, &f->freed_stack,
		f->freed_time.set ? f->freed_time.value : time);
	out->stacks.load = alck_symbolizer_stack(s, &f->load_stack, time);
	alck_explain(&view->arena, view->report, f, &out->stacks, &out->words);
}

enum alck_severity alck_view_severity(const struct alck_report_finding *f)
{
	for (int i = 0; f->severity && i <= ALCK_SEVERITY_INFO; i++)
		if (!strcmp(f->severity, alck_severity_names[i]))
			return (enum alck_severity)i;
	for (int i = 0; f->code && i < ALCK_CODES; i++)
		if (!strcmp(f->code, alck_finding_rows[i].code))
			return alck_finding_rows[i].severity;
	/* One that we do not know is not to be played down. */
	return ALCK_SEVERITY_ERROR;
}
