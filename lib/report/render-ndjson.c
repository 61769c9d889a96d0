/* SPDX-License-Identifier: MIT */
/* Findings as lines of JSON: see render-ndjson.h.  Offline. */
#include <config.h>
#include "report/render-ndjson.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report/age.h"
#include "report/date.h"
#include "report/json.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void number(struct alck_json *j, const char *key, struct alck_number n)
{
	if (n.set)
		alck_json_uint(j, key, n.value);
	else
		alck_json_null(j, key);
}

static void date(struct alck_json *j, const char *key, uint64_t ns)
{
	char text[ALCK_DATE_TEXT];

	/* Without a zone of its own, microseconds: what all engines take. */
	if (ns)
		alck_json_text(j, key, alck_date_format(ns, 6, text));
	else
		alck_json_null(j, key);
}

static void provider(struct alck_json *j, const struct alck_report *r,
		     struct alck_number id, const char *const keys[3])
{
	const struct alck_report_provider *p = alck_report_provider(r, id);

	alck_json_text(j, keys[0], or_empty(p ? p->family : NULL));
	alck_json_text(j, keys[1], or_empty(p ? p->version : NULL));
	alck_json_text(j, keys[2], alck_report_provider_path(r, p));
}

/* "function file:line (module+0x10)", as far as it is known. */
static void frame(struct alck_json *j, const struct alck_report *r,
		  const struct alck_frame *f)
{
	char *text = NULL;
	size_t len;
	FILE *line = open_memstream(&text, &len);

	if (!line)
		return;
	if (f->function)
		fprintf(line, "%s ", f->function);
	if (f->file)
		fprintf(line, "%s:%u ", f->file, f->line);
	if (f->module)
		fprintf(line, "(%s+0x%" PRIx64 ")",
			alck_report_base_name(
				alck_report_module_path(r, f->module)),
			f->offset);
	else
		fprintf(line, "(0x%" PRIx64 ")", f->pc);
	if (!fclose(line))
		alck_json_text(j, NULL, text);
	free(text);
}

static void stack(struct alck_json *j, const struct alck_report *r,
		  struct alck_frames frames, const char *const keys[3])
{
	const struct alck_frame *first = frames.count ? frames.frame : NULL;

	frames = alck_explain_trim(r, frames);
	if (frames.count)
		first = frames.frame;
	alck_json_text(j, keys[0],
		       first && first->module
			       ? alck_report_base_name(alck_report_module_path(
					 r, first->module))
			       : "");
	alck_json_text(j, keys[1], or_empty(first ? first->function : NULL));
	alck_json_array(j, keys[2]);
	for (size_t i = 0; i < frames.count; i++)
		frame(j, r, &frames.frame[i]);
	alck_json_close(j);
}

static void process(struct alck_json *j, const struct alck_report *r)
{
	const struct alck_report_process *p = &r->process;

	alck_json_text(j, "report", r->path);
	number(j, "pid", p->pid);
	alck_json_text(j, "exe", or_empty(p->exe));
	alck_json_text(j, "libc", or_empty(p->libc));
}

static void words(struct alck_json *j, const struct alck_report *r,
		  const struct alck_report_finding *f,
		  const struct alck_finding_view *v)
{
	static const char *const owner[] = {"owner", "owner_version",
					    "owner_file"};
	static const char *const freer[] = {"freer", "freer_version",
					    "freer_file"};
	static const char *const freed[] = {"free_module", "free_function",
					    "free_stack"};
	static const char *const alloc[] = {"alloc_module", "alloc_function",
					    "alloc_stack"};
	const struct alck_explanation *w = &v->words;
	struct alck_number age = alck_age_between(f->allocated, f->time);

	alck_json_text(j, "code", w->code);
	alck_json_text(j, "slug", w->slug);
	alck_json_text(j, "severity", w->severity_name);
	alck_json_text(j, "verdict", w->verdict);
	alck_json_text(j, "action", or_empty(f->action));
	alck_json_text(j, "api", or_empty(f->api));
	if (f->pointer.set)
		alck_json_hex(j, "pointer", f->pointer.value);
	else
		alck_json_null(j, "pointer");
	number(j, "size", f->size);
	if (age.set)
		alck_json_seconds(j, "age", age.value);
	else
		alck_json_null(j, "age");
	number(j, "thread", f->thread);
	provider(j, r, f->owner, owner);
	provider(j, r, f->freer, freer);
	stack(j, r, v->stacks.dealloc, freed);
	alck_json_text(j, "alloc_api", or_empty(f->alloc_api));
	stack(j, r, v->stacks.alloc, alloc);
	alck_json_text(j, "headline", or_empty(w->headline));
	alck_json_text(j, "why", or_empty(w->why));
	alck_json_text(j, "otherwise", or_empty(w->otherwise));
	alck_json_text(j, "advice", or_empty(w->advice));
	alck_json_text(j, "suppression", or_empty(w->suppression));
}

static void begin(struct alck_json *j, FILE *out, const struct alck_report *r,
		  struct alck_signature signature)
{
	char text[ALCK_SIGNATURE_TEXT];

	alck_json_init(j, out);
	alck_json_object(j, NULL);
	alck_json_text(j, "schema", "alloccheck-finding/1");
	alck_signature_format(signature, text);
	alck_json_text(j, "signature", text);
	process(j, r);
}

void alck_render_ndjson(FILE *out, struct alck_view *view)
{
	const struct alck_report *r = view->report;
	struct alck_finding_view v;
	struct alck_json j;

	for (size_t i = 0; i < r->nfindings; i++) {
		const struct alck_report_finding *f = &r->findings[i];

		alck_view_finding(view, f, &v);
		begin(&j, out, r, alck_signature_of(r, f));
		date(&j, "time",
		     r->process.started.set
			     ? r->process.started.value + f->time.value
			     : 0);
		alck_json_uint(&j, "count", f->count.value);
		alck_json_text(&j, "suppressed", or_empty(f->suppressed_by));
		words(&j, r, f, &v);
		alck_json_close(&j);
	}
}

void alck_render_ndjson_merged(FILE *out, struct alck_view *view,
			       const struct alck_report_finding *f,
			       const struct alck_merged *m)
{
	static const char *const changes[] = {[ALCK_CHANGE_NONE] = "",
					      [ALCK_CHANGE_NEW] = "new",
					      [ALCK_CHANGE_GONE] = "gone"};
	struct alck_finding_view v;
	struct alck_json j;

	alck_view_finding(view, f, &v);
	begin(&j, out, view->report, m->signature);
	date(&j, "time", m->first_seen);
	alck_json_uint(&j, "count", m->times);
	alck_json_text(&j, "suppressed", m->rule ? m->rule->place : "");
	alck_json_uint(&j, "reports", m->reports);
	date(&j, "first_seen", m->first_seen);
	date(&j, "last_seen", m->last_seen);
	alck_json_text(&j, "change", changes[m->change]);
	words(&j, view->report, f, &v);
	alck_json_close(&j);
}
