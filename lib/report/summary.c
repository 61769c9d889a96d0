/* SPDX-License-Identifier: MIT */
/* The reports of one run together: see summary.h.  Offline. */
#include <config.h>
#include "report/summary.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/render-merged.h"
#include "report/utf8.h"

/* Sentences about files that could not be read whole; the rest is counted. */
#define PROBLEMS_SHOWN 20

struct problems {
	FILE *out;
	size_t count;
};

static void complain(void *data, const char *text)
{
	struct problems *problems = data;

	if (problems->count++ >= PROBLEMS_SHOWN)
		return;
	fputs("alloccheck: ", problems->out);
	alck_utf8_print(problems->out, text);
	fputc('\n', problems->out);
}

struct show {
	struct alck_text_style style;
	size_t left;
};

static int show(void *data, struct alck_view *view,
		const struct alck_report_finding *finding,
		const struct alck_merged *merged)
{
	struct show *show = data;

	alck_render_merged(&show->style, view, finding, merged);
	return !--show->left;
}

static void part(FILE *out, const char **comma, unsigned long long times,
		 size_t distinct, const char *one, const char *many)
{
	if (!times)
		return;
	fprintf(out, "%s%llu %s", *comma, times, times == 1 ? one : many);
	if (distinct != times)
		fprintf(out, " (%zu distinct)", distinct);
	*comma = ", ";
}

void alck_summary_line(FILE *out, const struct alck_merge_totals *t,
		       size_t reports, const char *path)
{
	static const char *const one[] = {"error", "latent", "note"};
	static const char *const many[] = {"errors", "latent", "notes"};
	const char *comma = "";
	struct stat st;

	fputs("alloccheck: ", out);
	for (int i = 0; i < 3; i++)
		part(out, &comma, t->times[i], t->distinct[i], one[i], many[i]);
	if (!*comma)
		fputs(t->suppressed ? "nothing new found" : "nothing found",
		      out);
	if (t->times[ALCK_SEVERITY_ERROR] || t->times[ALCK_SEVERITY_LATENT])
		fprintf(out, " in %zu of %zu process%s", t->affected,
			t->processes, t->processes == 1 ? "" : "es");
	else if (t->processes)
		fprintf(out, " in %zu process%s", t->processes,
			t->processes == 1 ? "" : "es");
	comma = "; ";
	part(out, &comma, t->suppressed, t->distinct_suppressed, "suppressed",
	     "suppressed");
	if (t->told)
		fprintf(out, "; %llu of them in no report", t->told);
	if (t->left_out)
		fprintf(out, "; %zu more than can be told apart", t->left_out);
	if (reports && path)
		fprintf(out, "; report%s in %s",
			!stat(path, &st) && S_ISDIR(st.st_mode) ? "s" : "",
			path);
	fputc('\n', out);
}

int alck_report_summary(const char *path, const struct timespec *since,
			const struct alck_suppressions *suppressions,
			const struct alck_told *told, FILE *out,
			int max_findings, struct alck_merge_totals *totals)
{
	struct show shown = {.style = {.out = out}};
	struct problems problems = {NULL, 0};
	struct alck_merge_settings settings = {
		.suppressions = suppressions,
		.since = since,
		.launcher = since ? (uint64_t)getpid() : 0,
		.complain = complain,
		.data = &problems,
		.to_terminal = isatty(fileno(out))};
	struct alck_merge *merge = NULL;
	const struct alck_merge_totals *t;
	char *text = NULL;
	size_t len, distinct;
	long reports = -1;
	int error;

	settings.images = alck_images_new(NULL);
	problems.out = open_memstream(&text, &len);
	if (settings.images && problems.out)
		merge = alck_merge_new(&settings);
	if (merge)
		reports = path ? alck_merge_add(merge, path) : 0;
	for (; told && reports >= 0; told = told->next)
		if (alck_merge_add_told(merge, told))
			reports = -1;
	error = errno;
	if ((problems.out && fclose(problems.out)) || reports < 0)
		goto out;
	t = alck_merge_totals(merge);
	alck_merge_finish(merge);
	distinct = alck_merge_count(merge) - t->distinct_suppressed;
	shown.left = max_findings < 0 || (size_t)max_findings > distinct
			     ? distinct
			     : (size_t)max_findings;
	shown.style.colour = alck_text_colour(out, ALCK_COLOUR_AUTO);
	distinct -= shown.left;
	if (shown.left)
		alck_merge_each(merge, alck_merged_is_open, show, &shown);
	if (distinct)
		fprintf(out, "and %zu more, see alloccheck report\n\n",
			distinct);
	fputs(text, out);
	if (problems.count > PROBLEMS_SHOWN)
		fprintf(out,
			"alloccheck: and %zu more things wrong with "
			"reports\n",
			problems.count - PROBLEMS_SHOWN);
	alck_summary_line(out, t, (size_t)reports, path);
	if (totals)
		*totals = *t;
out:
	free(text);
	alck_merge_free(merge);
	alck_images_free(settings.images);
	errno = error;
	return reports < 0 ? -1 : 0;
}
