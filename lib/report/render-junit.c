/* SPDX-License-Identifier: MIT */
/* Findings as JUnit XML: see render-junit.h.  Offline. */
#include "report/render-junit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/render-text.h"
#include "report/signature.h"

/* How many there are stands in front of them: they are kept till the end. */
struct suite {
	FILE *out;
	char *cases;
	size_t len;
	size_t failures, skipped;
};

int alck_junit_begin(struct alck_rendering *rendering)
{
	struct suite *suite = calloc(1, sizeof(*suite));

	if (suite)
		suite->out = open_memstream(&suite->cases, &suite->len);
	if (!suite || !suite->out) {
		free(suite);
		return -1;
	}
	rendering->state = suite;
	return 0;
}

static void attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	alck_page_escape(out, value ? value : "");
	fputc('"', out);
}

/* The function that the program's part of STACK begins with; NULL for none. */
static const char *caller(const struct alck_report *r, struct alck_frames stack)
{
	stack = alck_explain_trim(r, stack);
	if (!stack.count)
		return NULL;
	if (stack.frame->function)
		return stack.frame->function;
	return stack.frame->module
		       ? alck_report_base_name(alck_report_module_path(
				 r, stack.frame->module))
		       : "unknown code";
}

/* The same from run to run and build to build, so that CI can keep a history,
 * and another for each finding. */
static void put_name(FILE *out, struct alck_view *view,
		     const struct alck_finding_view *v)
{
	const struct alck_report *r = view->report;
	const char *freed = caller(r, v->stacks.dealloc);
	const char *allocated = caller(r, v->stacks.alloc);
	char signature[ALCK_SIGNATURE_TEXT];

	alck_signature_format(alck_signature_by_names(view, v->finding),
			      signature);
	fputs(" name=\"", out);
	alck_page_escape(out, v->words.code);
	fputc(' ', out);
	alck_page_escape(out, v->words.slug);
	fputs(": ", out);
	alck_page_escape(out, v->words.headline);
	if (freed) {
		fputs(", by ", out);
		alck_page_escape(out, freed);
	}
	if (allocated) {
		fputs(", allocated by ", out);
		alck_page_escape(out, allocated);
	}
	fprintf(out, " [%.8s]\"", signature);
}

/* What `alloccheck report' says of it in text. */
static void put_text(FILE *out, struct alck_view *view,
		     const struct alck_report_finding *f)
{
	char *text = NULL;
	size_t len;
	struct alck_text_style style = {.out = open_memstream(&text, &len)};

	if (!style.out)
		return;
	alck_render_text_finding(&style, view, f);
	fclose(style.out);
	if (text)
		alck_page_escape(out, text);
	free(text);
}

void alck_junit_merged(struct alck_rendering *rendering, struct alck_view *view,
		       const struct alck_report_finding *f,
		       const struct alck_merged *merged)
{
	struct suite *suite = rendering->state;
	const struct alck_report *r = view->report;
	struct alck_finding_view v;
	FILE *out = suite->out;
	int is_error = merged->severity == ALCK_SEVERITY_ERROR;
	const char *program = alck_report_base_name(r->process.exe);

	/* What is gone is no failure of this run. */
	if (merged->change == ALCK_CHANGE_GONE)
		return;
	alck_view_finding(view, f, &v);
	if (is_error)
		suite->failures++;
	else
		suite->skipped++;
	fputs("    <testcase", out);
	attribute(out, "classname", *program ? program : "program");
	put_name(out, view, &v);
	fputs(" time=\"0\">\n      <", out);
	fputs(is_error ? "failure" : "skipped", out);
	attribute(out, "message", v.words.headline);
	if (is_error)
		attribute(out, "type", v.words.code);
	fputc('>', out);
	put_text(out, view, f);
	if (merged->times > 1)
		fprintf(out, "  %" PRIu64 " times in %zu process%s\n",
			merged->times, merged->npids,
			merged->npids == 1 ? "" : "es");
	fprintf(out, "</%s>\n    </testcase>\n",
		is_error ? "failure" : "skipped");
}

void alck_junit_end(struct alck_rendering *rendering)
{
	struct suite *suite = rendering->state;
	size_t cases = suite->failures + suite->skipped;
	FILE *out = rendering->out;
	char counts[160];

	fclose(suite->out);
	/* A suite without a case is an error to some. */
	snprintf(counts, sizeof(counts),
		 "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" "
		 "time=\"0\"",
		 cases ? cases : 1, suite->failures, suite->skipped);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"alloccheck\" %s>\n"
		"  <testsuite name=\"alloccheck\" %s>\n",
		counts, counts);
	if (cases && suite->cases)
		fwrite(suite->cases, 1, suite->len, out);
	else
		fputs("    <testcase classname=\"alloccheck\" name=\"no block "
		      "reached a wrong allocator\" time=\"0\"/>\n",
		      out);
	fputs("  </testsuite>\n</testsuites>\n", out);
	free(suite->cases);
	free(suite);
}
