/* SPDX-License-Identifier: MIT */
/* Suppressions for findings, written: see suppression-text.h.  Offline. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/suppression-text.h"
#include "report/utf8.h"

/* Of a generated rule: more would be for one path alone. */
#define FRAMES 4

/* NAME so that a rule can have it: blanks, and what may not stand in a line or
 * stands for something else, become "any character". */
static void put_matchable(FILE *out, const char *name)
{
	while (*name) {
		size_t len = alck_utf8_length(name);

		if (!len || *name == '*' || *name == '!' || *name == 0x7f ||
		    (len == 1 && *name <= ' ' && *name >= 0)) {
			len = 1;
			fputc('?', out);
		} else {
			fwrite(name, 1, len, out);
		}
		name += len;
	}
}

static void put_key(FILE *out, const char *between, const char *key,
		    const char *value)
{
	if (!*value)
		return;
	fprintf(out, "%s%s=", between, key);
	put_matchable(out, value);
}

static void put_parties(FILE *out, const char *between,
			const struct alck_report *r,
			const struct alck_report_finding *f)
{
	const struct alck_report_provider *owner =
		alck_report_provider(r, f->owner);
	const struct alck_report_provider *freer =
		alck_report_provider(r, f->freer);

	if (owner)
		put_key(out, between, "owner",
			alck_explain_provider_short(r, owner));
	if (freer)
		put_key(out, between, "freer",
			alck_explain_provider_short(r, freer));
}

static void put_frame(FILE *out, const char *between, const char *key,
		      const struct alck_report *r, const struct alck_frame *f)
{
	const char *module =
		f->module ? alck_report_base_name(
				    alck_report_module_path(r, f->module))
			  : "";

	fprintf(out, "%s%s=", between, key);
	if (*module)
		put_matchable(out, module);
	else
		fputc('*', out);
	if (f->function && *f->function) {
		fputc('!', out);
		put_matchable(out, f->function);
	}
}

const char *alck_suppression_line(struct alck_arena *arena,
				  const struct alck_report *r,
				  const struct alck_report_finding *f,
				  struct alck_frames freed)
{
	const char *text;
	char *line = NULL;
	size_t len;
	FILE *out = f->code ? open_memstream(&line, &len) : NULL;

	if (!out)
		return NULL;
	put_matchable(out, f->code);
	put_parties(out, " ", r, f);
	if (freed.count && freed.frame[0].module)
		put_frame(out, " ", "free", r, &freed.frame[0]);
	text = fclose(out) ? NULL : alck_arena_text(arena, line, len);
	free(line);
	return text;
}

static void put_frames(FILE *out, const char *key, const struct alck_report *r,
		       struct alck_frames frames)
{
	for (size_t i = 0; i < frames.count && i < FRAMES; i++)
		put_frame(out, "\n   ", key, r, &frames.frame[i]);
}

void alck_suppression_write(FILE *out, struct alck_view *view,
			    const struct alck_report_finding *f)
{
	const struct alck_report *r = view->report;
	struct alck_finding_view v;

	if (!f->code)
		return;
	alck_view_finding(view, f, &v);
	fputs("{ ", out);
	if (v.words.headline)
		alck_utf8_print(out, v.words.headline);
	fputs("\n   ", out);
	put_matchable(out, f->code);
	put_parties(out, "\n   ", r, f);
	if (f->api)
		put_key(out, "\n   ", "api", f->api);
	put_frames(out, "free", r, alck_explain_trim(r, v.stacks.dealloc));
	put_frames(out, "alloc", r, alck_explain_trim(r, v.stacks.alloc));
	fputs("\n}\n", out);
}
