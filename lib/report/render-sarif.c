/* SPDX-License-Identifier: MIT */
/* Findings as SARIF: see render-sarif.h.  Offline. */
#include <config.h>
#include "report/render-sarif.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/signature.h"

#define SCHEMA                                                        \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/" \
	"schemas/sarif-schema-2.1.0.json"

static const char *const levels[] = {"error", "warning", "note"};

/* ---------------------------------------------------------------- the rules */

/* TEXT of findings.def in general: "{object_api}" as OPEN, "object api", CLOSE.
 * Returns what is to be freed, or NULL. */
static char *in_general(const char *text, char open, char close)
{
	char *out = strdup(text);
	int inside = 0;

	for (char *p = out; p && *p; p++) {
		if (*p == '{') {
			*p = open;
			inside = 1;
		} else if (*p == '}') {
			*p = close;
			inside = 0;
		} else if (*p == '_' && inside) {
			*p = ' ';
		}
	}
	return out;
}

static void message(struct alck_json *j, const char *key, const char *text)
{
	alck_json_object(j, key);
	alck_json_text(j, "text", text ? text : "");
	alck_json_close(j);
}

static void put_rule(struct alck_json *j, const struct alck_finding_row *row)
{
	char *why = in_general(row->why, '<', '>');
	char *advice = in_general(row->advice, '<', '>');
	char *markdown = in_general(row->advice, '*', '*');

	alck_json_object(j, NULL);
	alck_json_text(j, "id", row->code);
	alck_json_text(j, "name", row->slug);
	message(j, "shortDescription", row->slug);
	message(j, "fullDescription", why);
	alck_json_object(j, "help");
	alck_json_text(j, "text", advice ? advice : "");
	alck_json_text(j, "markdown", markdown ? markdown : "");
	alck_json_close(j);
	alck_json_object(j, "defaultConfiguration");
	alck_json_text(j, "level", levels[row->severity]);
	alck_json_close(j);
	alck_json_object(j, "properties");
	alck_json_array(j, "tags");
	alck_json_text(j, NULL, "memory");
	alck_json_text(j, NULL, "allocator");
	alck_json_close(j);
	alck_json_close(j);
	alck_json_close(j);
	free(why);
	free(advice);
	free(markdown);
}

int alck_sarif_begin(struct alck_rendering *rendering)
{
	struct alck_json *j = calloc(1, sizeof(*j));

	if (!j)
		return -1;
	rendering->state = j;
	alck_json_init(j, rendering->out);
	alck_json_object(j, NULL);
	alck_json_text(j, "$schema", SCHEMA);
	alck_json_text(j, "version", "2.1.0");
	alck_json_array(j, "runs");
	alck_json_object(j, NULL);
	alck_json_object(j, "tool");
	alck_json_object(j, "driver");
	alck_json_text(j, "name", "alloccheck");
	alck_json_text(j, "version", PACKAGE_VERSION);
	alck_json_array(j, "rules");
	for (int i = 0; i < ALCK_CODES; i++)
		put_rule(j, &alck_finding_rows[i]);
	alck_json_close(j);
	alck_json_close(j);
	alck_json_close(j);
	alck_json_array(j, "results");
	return 0;
}

/* -------------------------------------------------------------- the results */

/* PATH as a URI: absolute ones as file:, what a URI may not have as %XX. */
static void put_uri(struct alck_json *j, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/+@=,";
	char *uri = NULL;
	size_t len;
	FILE *f = open_memstream(&uri, &len);

	if (!f) {
		alck_json_text(j, "uri", "");
		return;
	}
	if (*path == '/')
		fputs("file://", f);
	for (; *path; path++)
		if (strchr(plain, *path))
			fputc(*path, f);
		else
			fprintf(f, "%%%02X", (unsigned char)*path);
	fclose(f);
	alck_json_text(j, "uri", uri ? uri : "");
	free(uri);
}

/* Where FRAME is: a line of a source where that is known, else the object and
 * the place in it. */
static void put_place(struct alck_json *j, const struct alck_report *r,
		      const struct alck_frame *frame)
{
	const char *path =
		frame->module ? alck_report_module_path(r, frame->module) : "";

	if (frame->file && *frame->file) {
		alck_json_object(j, "physicalLocation");
		alck_json_object(j, "artifactLocation");
		put_uri(j, frame->file);
		alck_json_close(j);
		if (frame->line) {
			alck_json_object(j, "region");
			alck_json_uint(j, "startLine", frame->line);
			alck_json_close(j);
		}
		alck_json_close(j);
	} else if (*path) {
		alck_json_object(j, "physicalLocation");
		alck_json_object(j, "artifactLocation");
		put_uri(j, path);
		alck_json_close(j);
		/* As an integer of SARIF's: it allows no more. */
		if (frame->offset <= INT64_MAX) {
			alck_json_object(j, "address");
			alck_json_uint(j, "relativeAddress", frame->offset);
			alck_json_text(j, "kind", "instruction");
			alck_json_close(j);
		}
		alck_json_close(j);
	}
	if (frame->function) {
		alck_json_array(j, "logicalLocations");
		alck_json_object(j, NULL);
		alck_json_text(j, "fullyQualifiedName", frame->function);
		alck_json_text(j, "kind", "function");
		alck_json_close(j);
		alck_json_close(j);
	}
}

/* One stack, with what it is of. */
struct part {
	const char *what;
	const char *api;
	struct alck_number thread;
	struct alck_frames frames;
};

static void part_message(struct alck_json *j, const struct part *part)
{
	char text[512], thread[48] = "";

	if (part->thread.set)
		snprintf(thread, sizeof(thread), " in thread %" PRIu64,
			 part->thread.value);
	snprintf(text, sizeof(text), "%s%s%.400s%s", part->what,
		 part->api && *part->api ? " by " : "",
		 part->api ? part->api : "", thread);
	message(j, "message", text);
}

/* libc's own sources are nobody's here. */
static int is_libc(const struct alck_report *r, const struct alck_frame *frame)
{
	static const char *const names[] = {"libc.so", "libc-", "libpthread",
					    "ld-linux", "ld-2"};
	const char *name =
		frame->module ? alck_report_base_name(alck_report_module_path(
					r, frame->module))
			      : "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return 1;
	return 0;
}

/* The frame of PART that a person wants to see first: the innermost outside of
 * allocators and libc whose source is known. */
static const struct alck_frame *best(const struct alck_report *r,
				     const struct part *part)
{
	for (size_t i = 0; i < part->frames.count; i++)
		if (part->frames.frame[i].file && part->frames.frame[i].line &&
		    !is_libc(r, &part->frames.frame[i]))
			return &part->frames.frame[i];
	return part->frames.count ? part->frames.frame : NULL;
}

static void put_location(struct alck_json *j, const struct alck_report *r,
			 const struct part *part)
{
	const struct alck_frame *frame = best(r, part);

	part_message(j, part);
	if (frame)
		put_place(j, r, frame);
}

static void put_flow(struct alck_json *j, const struct alck_report *r,
		     const struct part *parts, size_t count)
{
	alck_json_array(j, "codeFlows");
	alck_json_object(j, NULL);
	alck_json_array(j, "threadFlows");
	alck_json_object(j, NULL);
	alck_json_array(j, "locations");
	for (size_t i = 0; i < count; i++) {
		if (!parts[i].frames.count)
			continue;
		alck_json_object(j, NULL);
		alck_json_object(j, "location");
		put_location(j, r, &parts[i]);
		alck_json_close(j);
		alck_json_close(j);
	}
	alck_json_close(j);
	alck_json_close(j);
	alck_json_close(j);
	alck_json_close(j);
	alck_json_close(j);
}

static void put_stack(struct alck_json *j, const struct alck_report *r,
		      const struct part *part)
{
	if (!part->frames.count)
		return;
	alck_json_object(j, NULL);
	part_message(j, part);
	alck_json_array(j, "frames");
	for (size_t i = 0; i < part->frames.count; i++) {
		const struct alck_frame *frame = &part->frames.frame[i];

		alck_json_object(j, NULL);
		alck_json_object(j, "location");
		put_place(j, r, frame);
		alck_json_close(j);
		if (frame->module)
			alck_json_text(
				j, "module",
				alck_report_base_name(alck_report_module_path(
					r, frame->module)));
		if (part->thread.set && part->thread.value <= INT32_MAX)
			alck_json_uint(j, "threadId", part->thread.value);
		alck_json_close(j);
	}
	alck_json_close(j);
	alck_json_close(j);
}

/* That of offsets knows this very build again, that of names the next one
 * too. */
static void put_fingerprints(struct alck_json *j, struct alck_view *view,
			     const struct alck_report_finding *f)
{
	char text[ALCK_SIGNATURE_TEXT];

	alck_json_object(j, "partialFingerprints");
	alck_signature_format(alck_signature_by_names(view, f), text);
	alck_json_text(j, "alloccheckNames/v1", text);
	alck_signature_format(alck_signature_of(view->report, f), text);
	alck_json_text(j, "alloccheckOffsets/v1", text);
	alck_json_close(j);
}

static void put_message(struct alck_json *j, const struct alck_explanation *w)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f) {
		fputs(w->headline ? w->headline : "", f);
		if (w->why)
			fprintf(f, ": %s.", w->why);
		if (w->otherwise)
			fprintf(f, " %s.", w->otherwise);
		if (w->advice)
			fprintf(f, " To mend it: %s.", w->advice);
		fclose(f);
	}
	message(j, "message", text ? text : w->headline);
	free(text);
}

static void put_rule_of(struct alck_json *j, const char *code)
{
	alck_json_text(j, "ruleId", code);
	for (int i = 0; i < ALCK_CODES; i++)
		if (!strcmp(alck_finding_rows[i].code, code))
			alck_json_uint(j, "ruleIndex", (unsigned int)i);
}

void alck_sarif_merged(struct alck_rendering *rendering, struct alck_view *view,
		       const struct alck_report_finding *f,
		       const struct alck_merged *merged)
{
	const struct alck_report *r = view->report;
	struct alck_json *j = rendering->state;
	struct alck_finding_view v;

	alck_view_finding(view, f, &v);
	/* In the order in which it happened. */
	const struct part parts[] = {
		{"allocated", f->alloc_api, f->alloc_thread,
		 alck_explain_trim(r, v.stacks.alloc)},
		{"first freed", f->freed_api, f->freed_thread,
		 alck_explain_trim(r, v.stacks.first)},
		{"freed", f->api, f->thread,
		 alck_explain_trim(r, v.stacks.dealloc)},
	};

	alck_json_object(j, NULL);
	put_rule_of(j, v.words.code && *v.words.code ? v.words.code : "T?");
	alck_json_text(j, "level", levels[v.words.severity]);
	put_message(j, &v.words);
	alck_json_array(j, "locations");
	alck_json_object(j, NULL);
	put_location(j, r, &parts[2]);
	alck_json_close(j);
	alck_json_close(j);
	if (parts[0].frames.count || parts[1].frames.count) {
		put_flow(j, r, parts, 3);
		alck_json_array(j, "relatedLocations");
		for (unsigned int i = 0; i < 2; i++) {
			if (!parts[i].frames.count)
				continue;
			alck_json_object(j, NULL);
			alck_json_uint(j, "id", i + 1);
			put_location(j, r, &parts[i]);
			alck_json_close(j);
		}
		alck_json_close(j);
	}
	alck_json_array(j, "stacks");
	for (int i = 2; i >= 0; i--)
		put_stack(j, r, &parts[i]);
	alck_json_close(j);
	put_fingerprints(j, view, f);
	if (merged->times && merged->times <= INT32_MAX)
		alck_json_uint(j, "occurrenceCount", merged->times);
	if (merged->change != ALCK_CHANGE_NONE)
		alck_json_text(j, "baselineState",
			       merged->change == ALCK_CHANGE_NEW ? "new"
								 : "absent");
	alck_json_object(j, "properties");
	alck_json_text(
		j, "owner",
		alck_explain_provider(&view->arena, r,
				      alck_report_provider(r, f->owner)));
	alck_json_text(
		j, "freer",
		alck_explain_provider(&view->arena, r,
				      alck_report_provider(r, f->freer)));
	alck_json_text(j, "program", alck_report_base_name(r->process.exe));
	alck_json_uint(j, "processes", merged->npids);
	if (v.words.suppression)
		alck_json_text(j, "suppression", v.words.suppression);
	alck_json_close(j);
	alck_json_close(j);
}

void alck_sarif_end(struct alck_rendering *rendering)
{
	struct alck_json *j = rendering->state;

	alck_json_close(j); /* results */
	alck_json_text(j, "columnKind", "utf16CodeUnits");
	alck_json_close(j); /* the run */
	alck_json_close(j);
	alck_json_close(j);
	free(j);
}
