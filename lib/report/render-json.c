/* SPDX-License-Identifier: MIT */
/* A report as JSON: see render-json.h.  Offline. */
#include "report/render-json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contract/record.h"
#include "report/age.h"
#include "report/crash.h"
#include "report/json.h"
#include "report/split-lock.h"

static const char *text(const char *t)
{
	return t ? t : "";
}

static void number(struct alck_json *j, const char *key, struct alck_number n)
{
	if (n.set)
		alck_json_uint(j, key, n.value);
	else
		alck_json_null(j, key);
}

static void address(struct alck_json *j, const char *key, struct alck_number n)
{
	if (n.set)
		alck_json_hex(j, key, n.value);
	else
		alck_json_null(j, key);
}

static void seconds(struct alck_json *j, const char *key, struct alck_number n)
{
	if (n.set)
		alck_json_seconds(j, key, n.value);
	else
		alck_json_null(j, key);
}

static void age(struct alck_json *j, struct alck_number allocated,
		struct alck_number time)
{
	struct alck_number n = alck_age_between(allocated, time);

	if (n.set)
		seconds(j, "age", n);
}

static void build_id(struct alck_json *j, const struct alck_bytes *id)
{
	char hex[2 * 64 + 1] = "";

	for (size_t i = 0; i < id->len && i < 64; i++)
		sprintf(hex + 2 * i, "%02x", id->value[i]);
	alck_json_text(j, "build_id", hex);
}

/* Nanoseconds since 1970 by RFC 3339. */
static void date(struct alck_json *j, const char *key, struct alck_number n)
{
	char day[32], all[64];
	time_t when = (time_t)(n.value / 1000000000);
	struct tm tm;

	if (!n.set || !gmtime_r(&when, &tm) ||
	    !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm)) {
		alck_json_null(j, key);
		return;
	}
	snprintf(all, sizeof(all), "%s.%09uZ", day,
		 (unsigned int)(n.value % 1000000000));
	alck_json_text(j, key, all);
}

static void process(struct alck_json *j, const struct alck_report *r)
{
	const struct alck_report_process *p = &r->process;

	alck_json_object(j, "process");
	number(j, "pid", p->pid);
	number(j, "ppid", p->ppid);
	alck_json_text(j, "exe", text(p->exe));
	alck_json_array(j, "argv");
	for (size_t i = 0; i < p->nargs; i++)
		alck_json_text(j, NULL, p->args[i]);
	alck_json_close(j);
	alck_json_text(j, "libc", text(p->libc));
	date(j, "started", p->started);
	alck_json_text(j, "ended", r->end.ended ? r->end.ended : "unknown");
	number(j, "status", r->end.status);
	alck_json_text(j, "tool", text(p->tool));
	alck_json_text(j, "options", text(p->options));
	number(j, "launcher", p->launcher);
	if (p->parent_report)
		alck_json_text(j, "parent_report", p->parent_report);
	alck_json_close(j);
}

/* What its calls reach: the provider's ID, or null while they are not bound;
 * no member where it has no such call. */
static void bindings(struct alck_json *j, const struct alck_report_module *m)
{
	const struct {
		const char *key;
		struct alck_number provider;
	} rows[] = {
		{"malloc", m->binds_malloc}, {"realloc", m->binds_realloc},
		{"free", m->binds_free},     {"new", m->binds_new},
		{"delete", m->binds_delete},
	};

	alck_json_object(j, "bindings");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].provider.set)
			continue;
		if (rows[i].provider.value != ALCK_UNBOUND)
			number(j, rows[i].key, rows[i].provider);
		else
			alck_json_null(j, rows[i].key);
	}
	alck_json_close(j);
}

static void modules(struct alck_json *j, const struct alck_report *r)
{
	alck_json_array(j, "modules");
	for (size_t i = 0; i < r->nmodules; i++) {
		const struct alck_report_module *m = &r->modules[i];

		alck_json_object(j, NULL);
		number(j, "id", m->id);
		alck_json_text(j, "path", alck_report_module_path(r, m));
		build_id(j, &m->build_id);
		address(j, "bias", m->bias);
		address(j, "low", m->low);
		address(j, "high", m->high);
		alck_json_uint(j, "namespace", m->name_space.value);
		seconds(j, "loaded", m->time);
		seconds(j, "unloaded",
			m->unloaded.value ? m->unloaded
					  : (struct alck_number){0, 0});
		alck_json_bool(j, "deep_bound", m->deep_bound.value != 0);
		bindings(j, m);
		alck_json_close(j);
	}
	alck_json_close(j);
}

static void providers(struct alck_json *j, const struct alck_report *r)
{
	alck_json_array(j, "providers");
	for (size_t i = 0; i < r->nproviders; i++) {
		const struct alck_report_provider *p = &r->providers[i];
		const struct alck_report_module *m =
			alck_report_module(r, p->module);
		struct alck_number name_space = p->name_space;

		if (!name_space.set && m)
			name_space = m->name_space;
		alck_json_object(j, NULL);
		number(j, "id", p->id);
		alck_json_text(j, "family", text(p->family));
		alck_json_text(j, "version", text(p->version));
		alck_json_text(j, "path", alck_report_provider_path(r, p));
		build_id(j,
			 p->build_id.len || !m ? &p->build_id : &m->build_id);
		alck_json_uint(j, "namespace", name_space.value);
		alck_json_text(j, "how", text(p->how));
		alck_json_text(j, "title", text(p->title));
		alck_json_text(j, "asked", text(p->asked));
		number(j, "asker", p->asker);
		alck_json_text(j, "found_by", text(p->found_by));
		alck_json_text(j, "folder", text(p->folder));
		alck_json_bool(j, "global", p->global.value != 0);
		alck_json_close(j);
	}
	alck_json_close(j);
}

void alck_render_json_stack(struct alck_json *j, const struct alck_report *r,
			    const struct alck_frames *frames)
{
	alck_json_array(j, "stack");
	for (size_t i = 0; i < frames->count; i++) {
		const struct alck_frame *f = &frames->frame[i];

		alck_json_object(j, NULL);
		alck_json_hex(j, "pc", f->pc);
		alck_json_text(j, "module",
			       f->module ? alck_report_module_path(r, f->module)
					 : "");
		if (f->module)
			build_id(j, &f->module->build_id);
		else
			alck_json_text(j, "build_id", "");
		alck_json_hex(j, "offset", f->offset);
		alck_json_text(j, "function", text(f->function));
		alck_json_text(j, "file", text(f->file));
		alck_json_uint(j, "line", f->line);
		if (f->inlined)
			alck_json_bool(j, "inlined", 1);
		alck_json_close(j);
	}
	alck_json_close(j);
}

static void party(struct alck_json *j, const char *key,
		  const struct alck_report *r, struct alck_number id)
{
	const struct alck_report_provider *p = alck_report_provider(r, id);

	if (!id.set) {
		alck_json_null(j, key);
		return;
	}
	alck_json_object(j, key);
	alck_json_uint(j, "provider", id.value);
	alck_json_text(j, "family", p ? text(p->family) : "");
	alck_json_close(j);
}

static void call(struct alck_json *j, const char *key,
		 const struct alck_report *r, const char *api,
		 struct alck_number thread, const struct alck_frames *frames)
{
	alck_json_object(j, key);
	alck_json_text(j, "api", text(api));
	number(j, "thread", thread);
	alck_render_json_stack(j, r, frames);
	alck_json_close(j);
}

static void object(struct alck_json *j, const struct alck_report *r,
		   const struct alck_report_finding *f)
{
	const struct alck_report_module *m = alck_report_module(r, f->object);

	if (!f->object.set)
		return;
	alck_json_object(j, "object");
	alck_json_uint(j, "module", f->object.value);
	alck_json_text(j, "path", m ? alck_report_module_path(r, m) : "");
	alck_json_text(j, "api", text(f->object_api));
	number(j, "provider", f->object_provider);
	alck_json_bool(j, "deep_bound", m && m->deep_bound.value);
	alck_json_bool(j, "tail_call", f->tail_call.value != 0);
	alck_json_close(j);
}

static void other(struct alck_json *j, const struct alck_report_finding *f)
{
	alck_json_object(j, "other");
	alck_json_text(j, "asked", text(f->asked));
	alck_json_text(j, "path", f->other_file);
	build_id(j, &f->other_build_id);
	alck_json_text(j, "from", text(f->other_from));
	alck_json_bool(j, "named", f->other_named.value != 0);
	alck_json_close(j);
}

static void finding(struct alck_json *j, struct alck_view *view,
		    const struct alck_report_finding *f)
{
	const struct alck_report *r = view->report;
	struct alck_finding_view v;

	alck_view_finding(view, f, &v);
	alck_json_object(j, NULL);
	alck_json_text(j, "code", v.words.code);
	alck_json_text(j, "slug", v.words.slug);
	alck_json_text(j, "severity", v.words.severity_name);
	alck_json_text(j, "verdict", v.words.verdict);
	alck_json_uint(j, "count", f->count.value);
	alck_json_text(j, "api", text(f->api));
	address(j, "pointer", f->pointer);
	number(j, "size", f->size);
	party(j, "owner", r, f->owner);
	party(j, "freer", r, f->freer);
	alck_json_text(j, "action", text(f->action));
	number(j, "thread", f->thread);
	seconds(j, "time", f->time);
	age(j, f->allocated, f->time);
	call(j, "allocation", r, f->alloc_api, f->alloc_thread,
	     &v.stacks.alloc);
	call(j, "deallocation", r, f->api, f->thread, &v.stacks.dealloc);
	if (f->freed_api || f->freed_stack.count)
		call(j, "first_deallocation", r, f->freed_api, f->freed_thread,
		     &v.stacks.first);
	if (f->load_stack.count) {
		alck_json_object(j, "load");
		alck_render_json_stack(j, r, &v.stacks.load);
		alck_json_close(j);
	}
	alck_json_text(j, "otherwise", text(v.words.otherwise));
	alck_json_text(j, "advice", text(v.words.advice));
	alck_json_text(j, "suppression", text(v.words.suppression));
	if (f->spared)
		alck_json_text(j, "spared_by", f->spared);
	if (f->suppressed_by)
		alck_json_text(j, "suppressed", f->suppressed_by);
	number(j, "id", f->id);
	alck_json_text(j, "headline", text(v.words.headline));
	alck_json_text(j, "why", text(v.words.why));
	object(j, r, f);
	if (f->global_provider.set)
		party(j, "global", r, f->global_provider);
	if (f->word_before.set)
		alck_json_hex(j, "word_before", f->word_before.value);
	if (f->arena_at.set) {
		address(j, "arena_at", f->arena_at);
		address(j, "arena", f->arena);
		address(j, "arena_lock", f->arena_lock);
	}
	if (f->fork_thread.set) {
		alck_json_object(j, "fork");
		number(j, "thread", f->fork_thread);
		seconds(j, "since", f->fork_since);
		alck_json_close(j);
	}
	if (f->other_file)
		other(j, f);
	if (f->tool.set)
		alck_json_text(j, "tool",
			       alck_report_module_path(
				       r, alck_report_module(r, f->tool)));
	if (f->given_size.set)
		alck_json_uint(j, "given_size", f->given_size.value);
	if (f->alignment.set)
		alck_json_uint(j, "alignment", f->alignment.value);
	if (f->verdict && !strcmp(f->verdict, "broken-contract") && f->message)
		alck_json_text(j, "promise", f->message);
	if (f->blocks.set) {
		alck_json_uint(j, "blocks", f->blocks.value);
		alck_json_uint(j, "bytes", f->bytes.value);
	}
	if (f->child) {
		alck_json_text(j, "child", f->child);
		alck_json_text(j, "lost", text(f->lost));
	}
	if (f->wild)
		alck_json_text(j, "wild", f->wild);
	if (f->inside.set)
		alck_json_hex(j, "inside", f->inside.value);
	alck_json_close(j);
}

static void events(struct alck_json *j, const struct alck_report *r)
{
	alck_json_array(j, "events");
	for (size_t i = 0; i < r->nevents; i++) {
		const struct alck_report_event *e = &r->events[i];

		alck_json_object(j, NULL);
		seconds(j, "time", e->time);
		number(j, "thread", e->thread);
		alck_json_text(j, "kind", text(e->kind));
		alck_json_text(j, "text", text(e->message));
		if (e->path)
			alck_json_text(j, "path", e->path);
		alck_json_close(j);
	}
	alck_json_close(j);
}

static void coverage(struct alck_json *j, const struct alck_report *r)
{
	alck_json_object(j, "coverage");
	alck_json_array(j, "objects");
	for (size_t i = 0; i < r->ncoverage; i++) {
		alck_json_object(j, NULL);
		alck_json_text(j, "path", text(r->coverage[i].path));
		alck_json_text(j, "seen", text(r->coverage[i].seen));
		alck_json_text(j, "why", text(r->coverage[i].why));
		alck_json_close(j);
	}
	alck_json_close(j);
	alck_json_uint(j, "untracked", r->counters.untracked.value);
	alck_json_uint(j, "unknown_frees", r->counters.unknown_frees.value);
	alck_json_uint(j, "unrecorded", r->counters.unrecorded.value);
	alck_json_uint(j, "short_stacks", r->counters.short_stacks.value);
	alck_json_uint(j, "lost_stacks", r->counters.lost_stacks.value);
	if (r->counters.lost_ages.set)
		number(j, "lost_ages", r->counters.lost_ages);
	alck_json_close(j);
}

static void flag(struct alck_json *j, const char *key, struct alck_number n)
{
	if (n.set)
		alck_json_bool(j, key, n.value != 0);
	else
		alck_json_null(j, key);
}

static void host(struct alck_json *j, const struct alck_report_host *h)
{
	const struct alck_bus_lock_event *event = alck_bus_lock_event(h);

	if (!h->set)
		return;
	alck_json_object(j, "host");
	alck_json_text(j, "processor", text(h->processor));
	alck_json_text(j, "vendor", text(h->vendor));
	number(j, "family", h->cpu_family);
	number(j, "model", h->cpu_model);
	alck_json_text(j, "kernel", text(h->kernel));
	flag(j, "hypervisor", h->hypervisor);
	flag(j, "split_lock_detect", h->split_lock_detect);
	flag(j, "bus_lock_detect", h->bus_lock_detect);
	alck_json_text(j, "split_lock_mode", text(h->split_lock_mode));
	number(j, "split_lock_mitigate", h->mitigate);
	alck_json_text(j, "bus_lock_event", event ? event->name : "not known");
	alck_json_text(j, "bus_lock_event_raw", event ? event->raw : "");
	alck_json_close(j);
}

static void held(struct alck_json *j, struct alck_view *view,
		 const struct alck_report_held *h, uint64_t time)
{
	const struct alck_report *r = view->report;
	struct alck_frames alloc =
		alck_symbolizer_stack(view->symbolizer, &h->alloc_stack, time);
	struct alck_frames freed =
		alck_symbolizer_stack(view->symbolizer, &h->freed_stack, time);

	alck_json_object(j, NULL);
	alck_json_text(j, "register", text(h->name));
	address(j, "pointer", h->pointer);
	address(j, "block", h->begin);
	alck_json_text(j, "state", text(h->state));
	number(j, "size", h->size);
	age(j, h->allocated, r->crash.time);
	party(j, "owner", r, h->owner);
	call(j, "allocation", r, h->alloc_api, h->alloc_thread, &alloc);
	if (h->freed_api)
		call(j, "deallocation", r, h->freed_api, h->freed_thread,
		     &freed);
	alck_json_close(j);
}

static void crash(struct alck_json *j, struct alck_view *view)
{
	const struct alck_report *r = view->report;
	const struct alck_report_crash *c = &r->crash;
	uint64_t time = c->time.set ? c->time.value : UINT64_MAX;
	struct alck_frames frames =
		alck_symbolizer_stack(view->symbolizer, &c->stack, time);

	if (!c->set)
		return;
	alck_json_object(j, "crash");
	alck_json_text(j, "headline", alck_crash_headline(&view->arena, r));
	alck_json_text(j, "reason", text(alck_crash_reason(&view->arena, r)));
	number(j, "signal", c->signal);
	number(j, "code", c->code);
	address(j, "address", c->fault);
	number(j, "sender", c->sender);
	address(j, "pc", c->pc);
	seconds(j, "time", c->time);
	number(j, "thread", c->thread);
	alck_json_text(j, "api", text(c->api));
	party(j, "allocator", r, c->provider);
	alck_json_array(j, "registers");
	for (size_t i = 0; i < c->registers.count; i++)
		alck_json_hex(j, NULL, c->registers.value[i]);
	alck_json_close(j);
	alck_render_json_stack(j, r, &frames);
	alck_json_array(j, "blocks");
	for (size_t i = 0; i < c->nheld; i++)
		held(j, view, &c->held[i], time);
	alck_json_close(j);
	alck_json_close(j);
}

void alck_render_json(FILE *out, struct alck_view *view)
{
	const struct alck_report *r = view->report;
	const char *const *notes;
	struct alck_json j;
	size_t nnotes;

	alck_json_init(&j, out);
	alck_json_object(&j, NULL);
	alck_json_text(&j, "schema", "alloccheck-report/1");
	alck_json_text(&j, "report", r->path);
	process(&j, r);
	providers(&j, r);
	alck_json_array(&j, "findings");
	for (int s = ALCK_SEVERITY_ERROR; s <= ALCK_SEVERITY_INFO; s++)
		for (size_t i = 0; i < r->nfindings; i++)
			if ((int)alck_view_severity(&r->findings[i]) == s)
				finding(&j, view, &r->findings[i]);
	alck_json_close(&j);
	crash(&j, view);
	events(&j, r);
	coverage(&j, r);
	host(&j, &r->host);
	modules(&j, r);
	alck_json_array(&j, "problems");
	for (size_t i = 0; i < r->nproblems; i++)
		alck_json_text(&j, NULL, r->problems[i]);
	alck_json_close(&j);
	/* Last: the symbolizer has met all stacks by now. */
	nnotes = alck_symbolizer_notes(view->symbolizer, &notes);
	alck_json_array(&j, "notes");
	for (size_t i = 0; i < nnotes; i++)
		alck_json_text(&j, NULL, notes[i]);
	alck_json_close(&j);
	alck_json_close(&j);
}
