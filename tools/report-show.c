/* SPDX-License-Identifier: MIT */
/* Showing reports: see report-show.h.  Offline. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/diff.h"
#include "report/progress.h"
#include "report/reader.h"
#include "report/summary.h"
#include "report/utf8.h"
#include "tools/report-show.h"

static void complain(void *data, const char *text)
{
	(void)data;
	fputs("alloccheck: ", stderr);
	alck_utf8_print(stderr, text);
	fputc('\n', stderr);
}

static int cannot_read(const char *path)
{
	fprintf(stderr, "alloccheck: %s: %s\n", path, strerror(errno));
	return ALCK_REPORT_DAMAGED;
}

static void say_none(const char *path)
{
	fprintf(stderr,
		"alloccheck: %s: no reports here (a process with nothing to "
		"say leaves none)\n",
		path);
}

/* --------------------------------------------------------------- one by one */

/* Shows the report at PATH; returns 0 when it was whole. */
static int show(struct alck_report_settings *settings, const char *path,
		struct alck_progress *progress)
{
	struct alck_report *report = alck_reader_read(path);
	struct alck_view view;
	int whole;

	if (!report || alck_view_init(&view, report, settings->images)) {
		complain(NULL, "out of memory");
		alck_report_free(report);
		return ALCK_REPORT_DAMAGED;
	}
	alck_suppressions_apply(settings->suppressions, &view, report);
	for (size_t i = 0; i < report->nfindings; i++)
		if (!report->findings[i].suppressed_by &&
		    alck_view_severity(&report->findings[i]) ==
			    ALCK_SEVERITY_ERROR)
			settings->errors += report->findings[i].count.value;
	alck_render_report(settings->renderer, &settings->rendering, &view);
	fflush(settings->rendering.out);
	if (report->nproblems)
		alck_progress_end(progress);
	for (size_t i = 0; i < report->nproblems; i++)
		complain(NULL, report->problems[i]);
	whole = !report->nproblems;
	alck_view_done(&view);
	alck_report_free(report);
	return whole ? 0 : ALCK_REPORT_DAMAGED;
}

static int show_path(struct alck_report_settings *settings, const char *path)
{
	struct alck_progress progress;
	size_t count;
	char **names;
	int status = 0;

	if (alck_reader_list(path, &names, &count))
		return cannot_read(path);
	if (!count)
		say_none(path);
	alck_progress_begin(&progress, "reports", count);
	progress.on = progress.on && !isatty(STDOUT_FILENO);
	for (size_t i = 0; i < count; i++) {
		alck_progress_step(&progress, i);
		if (show(settings, names[i], &progress))
			status = ALCK_REPORT_DAMAGED;
	}
	alck_progress_end(&progress);
	alck_reader_list_free(names, count);
	return status;
}

int alck_report_each(struct alck_report_settings *settings, char **paths,
		     int count)
{
	int status = 0;

	for (int i = 0; i < count; i++)
		if (show_path(settings, paths[i]))
			status = ALCK_REPORT_DAMAGED;
	if (settings->is_text)
		alck_suppressions_tell(settings->suppressions,
				       settings->rendering.out);
	return status;
}

int alck_report_is_many(char **paths, int count)
{
	size_t all = 0, n;
	char **names;

	for (int i = 0; i < count; i++) {
		if (alck_reader_list(paths[i], &names, &n))
			continue;
		alck_reader_list_free(names, n);
		all += n;
	}
	return all > 1;
}

/* ------------------------------------------------------------------ merged */

static struct alck_merge *merge_new(const struct alck_report_settings *settings,
				    const struct alck_suppressions *rules)
{
	struct alck_merge_settings s = {.images = settings->images,
					.suppressions = rules,
					.complain = complain,
					.to_terminal = isatty(STDOUT_FILENO)};
	struct alck_merge *merge = alck_merge_new(&s);

	if (!merge)
		complain(NULL, "out of memory");
	return merge;
}

/* Adds the reports of PATH and counts them; returns 0 when they were whole. */
static int add(struct alck_merge *merge, const char *path, size_t *reports)
{
	size_t before = alck_merge_totals(merge)->problems;
	long n = alck_merge_add(merge, path);

	if (n < 0)
		return cannot_read(path);
	if (!n)
		say_none(path);
	*reports += (size_t)n;
	return alck_merge_totals(merge)->problems == before
		       ? 0
		       : ALCK_REPORT_DAMAGED;
}

static int render(void *data, struct alck_view *view,
		  const struct alck_report_finding *finding,
		  const struct alck_merged *merged)
{
	struct alck_report_settings *settings = data;

	settings->renderer->merged(&settings->rendering, view, finding, merged);
	return ferror(settings->rendering.out) != 0;
}

int alck_report_merged(struct alck_report_settings *settings, char **paths,
		       int count)
{
	struct alck_merge *merge = merge_new(settings, settings->suppressions);
	const struct alck_merge_totals *totals;
	size_t reports = 0;
	int status = 0;

	if (!merge)
		return ALCK_REPORT_DAMAGED;
	for (int i = 0; i < count; i++)
		if (add(merge, paths[i], &reports))
			status = ALCK_REPORT_DAMAGED;
	alck_merge_finish(merge);
	alck_merge_each(merge, alck_merged_is_open, render, settings);
	totals = alck_merge_totals(merge);
	settings->rendering.totals = *totals;
	settings->errors += totals->times[ALCK_SEVERITY_ERROR];
	if (settings->is_text) {
		alck_suppressions_tell(settings->suppressions,
				       settings->rendering.out);
		alck_summary_line(settings->rendering.out, totals, reports,
				  count == 1 ? paths[0] : NULL);
	}
	alck_merge_free(merge);
	return status;
}

/* -------------------------------------------------------------- the difference
 */

static int is_changed(const struct alck_merged *merged)
{
	return merged->change != ALCK_CHANGE_NONE;
}

static void tell_difference(FILE *out, const struct alck_diff *diff,
			    unsigned long long suppressed)
{
	static const char *const one[] = {"error", "latent", "note"};
	static const char *const many[] = {"errors", "latent", "notes"};
	const char *comma = "";

	fputs("alloccheck: ", out);
	for (int i = 0; i < 3; i++) {
		if (!diff->new_ones[i])
			continue;
		fprintf(out, "%s%zu new %s", comma, diff->new_ones[i],
			diff->new_ones[i] == 1 ? one[i] : many[i]);
		comma = ", ";
	}
	fprintf(out, "%s, %zu gone, %zu as before", *comma ? "" : "nothing new",
		diff->gone, diff->same);
	if (suppressed)
		fprintf(out, "; %llu suppressed", suppressed);
	fputc('\n', out);
}

int alck_report_diff(struct alck_report_settings *settings, char **paths)
{
	struct alck_merge *sides[2];
	struct alck_diff diff;
	size_t reports = 0;
	int status = 0;

	/* The rules' counts are those of the new side. */
	sides[0] = merge_new(settings, NULL);
	sides[1] = merge_new(settings, settings->suppressions);
	for (int i = 0; i < 2 && sides[0] && sides[1]; i++) {
		if (add(sides[i], paths[i], &reports))
			status = ALCK_REPORT_DAMAGED;
		alck_merge_finish(sides[i]);
	}
	if (!sides[0] || !sides[1] || alck_diff(sides[0], sides[1], &diff)) {
		complain(NULL, "out of memory");
		status = ALCK_REPORT_DAMAGED;
	} else {
		alck_merge_each(sides[1], is_changed, render, settings);
		alck_merge_each(sides[0], is_changed, render, settings);
		settings->rendering.totals = *alck_merge_totals(sides[1]);
		settings->errors += diff.new_ones[ALCK_SEVERITY_ERROR];
		if (settings->is_text)
			tell_difference(
				settings->rendering.out, &diff,
				alck_merge_totals(sides[1])->suppressed);
	}
	alck_merge_free(sides[0]);
	alck_merge_free(sides[1]);
	return status;
}
