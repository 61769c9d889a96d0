/* SPDX-License-Identifier: MIT */
/*
 * A report of any bytes, read and shown in every form.  Once as it is, and
 * once with the checksums of its records set right, for no fuzzer guesses
 * those and all that is behind them would stay unseen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"
#include "report/reader.h"
#include "report/render.h"
#include "report/signature.h"
#include "report/suppressions.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1u << 20)

static FILE *nowhere;
static struct alck_images *images;
static struct alck_suppressions *rules;

/* Some that look at everything. */
static const char some_rules[] = "T1b owner=je* freer=*c free=*!* alloc=x!*\n"
				 "* free=... free=python3 alloc=...\n"
				 "owner=unknown api=_Z* free=*/plugin.so\n";

static int start(void)
{
	static const struct alck_debug_places places = {"/nowhere", NULL, 0};

	nowhere = fopen("/dev/null", "w");
	images = alck_images_new(&places);
	rules = alck_suppressions_new();
	return nowhere && images && rules &&
	       !alck_suppressions_parse(rules, "rules", some_rules,
					sizeof(some_rules) - 1, stderr);
}

/* The length that a record at P claims, if it could be one within LEN. */
static size_t claimed(const unsigned char *p, size_t len)
{
	size_t n;

	if (len < ALCK_RECORD_HEAD + ALCK_RECORD_TAIL || p[0] != 0xa1 ||
	    p[1] != 0xc7 || p[2] != 0x43 || p[3] != 0x52)
		return 0;
	n = p[4] | (size_t)p[5] << 8 | (size_t)p[6] << 16 | (size_t)p[7] << 24;
	return n > len - ALCK_RECORD_HEAD - ALCK_RECORD_TAIL ? 0 : n;
}

static void set_right(unsigned char *bytes, size_t len)
{
	size_t n;
	uint32_t crc;

	for (size_t at = 0; at < len; at++) {
		n = claimed(bytes + at, len - at);
		if (!n)
			continue;
		n += ALCK_RECORD_HEAD;
		crc = alck_crc32(0, bytes + at, n);
		for (size_t i = 0; i < 4; i++)
			bytes[at + n + i] = (unsigned char)(crc >> 8 * i);
		at += n + ALCK_RECORD_TAIL - 1;
	}
}

/* By a form that has distinct findings alone: each as if it were one. */
static void show_merged(const struct alck_renderer *r,
			struct alck_rendering *rendering,
			struct alck_view *view)
{
	const struct alck_report *report = view->report;

	for (size_t i = 0; i < report->nfindings; i++) {
		const struct alck_report_finding *f = &report->findings[i];
		struct alck_merged row = {
			.signature = alck_signature_of(report, f),
			.severity = alck_view_severity(f),
			.times = f->count.value,
			.reports = 1,
			.first_seen = report->process.started.value,
			.last_seen = report->process.started.value,
			.npids = 1,
			.pids = {report->process.pid.value},
			.rule = alck_suppressions_find(rules, view, f),
		};

		r->merged(rendering, view, f, &row);
	}
}

static void show(const unsigned char *bytes, size_t len)
{
	struct alck_report *report = alck_reader_parse("x.alck", bytes, len);
	struct alck_rendering rendering = {.out = nowhere, .verbose = 1};
	struct alck_view view;

	if (!report || alck_view_init(&view, report, images))
		abort();
	alck_suppressions_apply(rules, &view, report);
	for (const struct alck_renderer *r = alck_renderers; r->name; r++) {
		if (alck_render_begin(r, &rendering))
			abort();
		if (r->report)
			alck_render_report(r, &rendering, &view);
		if (r->merged)
			show_merged(r, &rendering, &view);
		alck_render_end(r, &rendering);
	}
	for (size_t i = 0; i < report->nfindings; i++)
		alck_signature_by_names(&view, &report->findings[i]);
	alck_view_done(&view);
	alck_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned char *copy;

	if (len > INPUT_MAX || (!nowhere && !start()))
		return 0;
	/* To the byte, so that a sanitizer sees one too many. */
	copy = malloc(len ? len : 1);
	if (!copy)
		return 0;
	if (len)
		memcpy(copy, data, len);
	show(copy, len);
	set_right(copy, len);
	show(copy, len);
	free(copy);
	return 0;
}
