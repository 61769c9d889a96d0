/* SPDX-License-Identifier: MIT */
/* A distinct finding as text: see render-merged.h.  Offline. */
#include "report/render-merged.h"

#include <inttypes.h>

#include "report/date.h"

void alck_render_merged(const struct alck_text_style *style,
			struct alck_view *view,
			const struct alck_report_finding *finding,
			const struct alck_merged *merged)
{
	char first[ALCK_DATE_TEXT], last[ALCK_DATE_TEXT];
	size_t shown = merged->npids < ALCK_MERGED_PIDS ? merged->npids
							: ALCK_MERGED_PIDS;
	FILE *out = style->out;

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
