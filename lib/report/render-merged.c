/* SPDX-License-Identifier: MIT */
/* A distinct finding as text: see render-merged.h.  Offline. */
#include "report/render-merged.h"

#include <inttypes.h>

#include "report/date.h"
#include "report/utf8.h"

void alck_render_merged(const struct alck_text_style *style,
			struct alck_view *view,
			const struct alck_report_finding *finding,
			const struct alck_merged *merged)
{
	char first[ALCK_DATE_TEXT], last[ALCK_DATE_TEXT];
	size_t shown = merged->npids < ALCK_MERGED_PIDS ? merged->npids
							: ALCK_MERGED_PIDS;
	FILE *out = style->out;

	if (merged->change == ALCK_CHANGE_NEW)
		fputs("new\n", out);
	alck_render_text_finding(style, view, finding);
	fputs("  in process", out);
	for (size_t i = 0; i < shown; i++)
		fprintf(out, "%s %" PRIu64, i ? "," : "", merged->pids[i]);
	if (merged->npids > shown)
		fprintf(out, " and %zu more", merged->npids - shown);
	if (merged->reports > 1)
		fprintf(out, ", %" PRIu64 " times in all", merged->times);
	fputc('\n', out);
	if (merged->reports > 1 && merged->first_seen)
		fprintf(out, "  first seen %s, last seen %s\n",
			alck_date_format(merged->first_seen, 0, first),
			alck_date_format(merged->last_seen, 0, last));
	if (merged->rule)
		fprintf(out, "  suppressed by %s\n", merged->rule->place);
	fputc('\n', out);
}

void alck_render_gone(const struct alck_text_style *style,
		      struct alck_view *view,
		      const struct alck_report_finding *finding,
		      const struct alck_merged *merged)
{
	char last[ALCK_DATE_TEXT];
	struct alck_finding_view v;

	alck_view_finding(view, finding, &v);
	fputs("gone  ", style->out);
	alck_utf8_print(style->out, v.words.code);
	fputc(' ', style->out);
	alck_utf8_print(style->out, v.words.slug);
	if (v.words.freed_by) {
		fputs(": ", style->out);
		alck_utf8_print(style->out, v.words.headline);
		fputs(", ", style->out);
		alck_utf8_print(style->out, v.words.freed_by);
	}
	if (merged->last_seen)
		fprintf(style->out, "; last seen %s",
			alck_date_format(merged->last_seen, 0, last));
	fputc('\n', style->out);
}
