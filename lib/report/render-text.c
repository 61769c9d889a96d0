/* SPDX-License-Identifier: MIT */
/* A report as text: see render-text.h.  Offline. */
#include "report/render-text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/demangle.h"
#include "report/render-crash.h"
#include "report/provenance.h"
#include "report/split-lock.h"
#include "report/utf8.h"

/* Rows of events and coverage that are shown without being asked. */
#define SHORT_LIST 8
/* And frames of a stack. */
#define SHORT_STACK 12

int alck_text_colour(FILE *out, enum alck_colour when)
{
	const char *no = getenv("NO_COLOR");

	if (when != ALCK_COLOUR_AUTO)
		return when == ALCK_COLOUR_ALWAYS;
	return !(no && *no) && isatty(fileno(out));
}

static void paint(const struct alck_text_style *style, const char *code,
		  const char *text)
{
	if (style->colour)
		fprintf(style->out, "\033[%sm", code);
	alck_utf8_print(style->out, text);
	if (style->colour)
		fputs("\033[0m", style->out);
}

static void say(const struct alck_text_style *style, const char *text)
{
	alck_utf8_print(style->out, text ? text : "");
}

/* One fact: an aligned label and a text. */
static void fact(const struct alck_text_style *style, const char *label,
		 const char *text)
{
	if (!text)
		return;
	fprintf(style->out, "  %-8s ", label);
	say(style, text);
	fputc('\n', style->out);
}

static void frame(const struct alck_text_style *style,
		  const struct alck_report *r, size_t n,
		  const struct alck_frame *f)
{
	FILE *out = style->out;
	const char *module =
		f->module ? alck_report_base_name(
				    alck_report_module_path(r, f->module))
			  : NULL;

	fprintf(out, "    #%-2zu ", n);
	if (style->verbose)
		fprintf(out, "%#018" PRIx64 " ", f->pc);
	if (f->function) {
		say(style, f->function);
		if (f->file) {
			fputs(" at ", out);
			say(style, style->verbose
					   ? f->file
					   : alck_report_base_name(f->file));
			if (f->line)
				fprintf(out, ":%u", f->line);
		}
		fputs(f->inlined ? " (inlined, " : " (", out);
	}
	if (module) {
		say(style, *module ? module : "program");
		fprintf(out, "+%#" PRIx64, f->offset);
	} else {
		fprintf(out, "%#" PRIx64 " in no known module", f->pc);
	}
	fputs(f->function ? ")\n" : "\n", out);
}

void alck_render_text_stack(const struct alck_text_style *style,
			    const struct alck_report *r, const char *what,
			    const char *api, struct alck_number thread,
			    struct alck_frames frames)
{
	struct alck_arena arena = {.chunks = NULL};
	size_t left = 0;

	if (!frames.count)
		return;
	fprintf(style->out, "  %s", what);
	if (api && *api) {
		fputs(" by ", style->out);
		say(style, alck_demangle(&arena, api));
	}
	if (thread.set)
		fprintf(style->out, " in thread %" PRIu64, thread.value);
	fputs(" at\n", style->out);
	if (!style->verbose) {
		frames = alck_explain_trim(r, frames);
		/* One more line says no less than "1 more". */
		if (frames.count > SHORT_STACK + 1) {
			left = frames.count - SHORT_STACK;
			frames.count = SHORT_STACK;
		}
	}
	for (size_t i = 0; i < frames.count; i++)
		frame(style, r, i, &frames.frame[i]);
	if (left)
		fprintf(style->out, "    and %zu more (--verbose)\n", left);
	alck_arena_free(&arena);
}

void alck_render_text_finding(const struct alck_text_style *style,
			      struct alck_view *view,
			      const struct alck_report_finding *f)
{
	static const char *const colours[] = {"1;31", "1;33", "1;36"};
	const struct alck_report *r = view->report;
	const struct alck_explanation *w;
	struct alck_number none = {0, 0};
	struct alck_finding_view v;
	/* About the allocator: no block is freed. */
	int is_call = f->verdict && (!strcmp(f->verdict, "satellite-call") ||
				     !strcmp(f->verdict, "broken-contract") ||
				     !strcmp(f->verdict, "lost-child"));

	alck_view_finding(view, f, &v);
	w = &v.words;
	fputs("alloccheck: ", style->out);
	paint(style, colours[w->severity], w->severity_name);
	fputc(' ', style->out);
	paint(style, "1", w->code);
	fputc(' ', style->out);
	paint(style, "1", w->slug);
	fputs(": ", style->out);
	say(style, w->headline);
	fputc('\n', style->out);
	fact(style, "block", w->block);
	fact(style, is_call ? "call of" : "freed by", w->freed_by);
	fact(style, "why", w->why);
	fact(style, "done", w->done);
	/* Where the call went on there is nothing hypothetical about it. */
	fact(style, f->action && !strcmp(f->action, "caller") ? "harm" : "else",
	     w->otherwise);
	fact(style, "fix", w->advice);
	if (f->count.value > 1)
		fprintf(style->out, "  happened %" PRIu64 " times\n",
			f->count.value);
	alck_render_text_stack(style, r, "allocated", f->alloc_api,
			       f->alloc_thread, v.stacks.alloc);
	alck_render_text_stack(style, r, is_call ? "called" : "freed",
			       is_call ? NULL : f->api, f->thread,
			       v.stacks.dealloc);
	alck_render_text_stack(style, r, "first freed", f->freed_api,
			       f->freed_thread, v.stacks.first);
	alck_render_text_stack(style, r, "loaded", NULL, none, v.stacks.load);
	if (w->suppression) {
		fputs("  suppress with: ", style->out);
		say(style, w->suppression);
		fputc('\n', style->out);
	}
}

static void seconds(FILE *out, uint64_t ns)
{
	fprintf(out, "%4" PRIu64 ".%06u s", ns / 1000000000,
		(unsigned int)(ns % 1000000000 / 1000));
}

static void counter(const struct alck_text_style *style, struct alck_number n,
		    const char *one, const char *many, const char *meaning)
{
	if (n.value)
		fprintf(style->out, "  %" PRIu64 " %s: %s\n", n.value,
			n.value == 1 ? one : many, meaning);
}

void alck_render_text_counters(const struct alck_text_style *style,
			       const struct alck_report_counters *c)
{
	counter(style, c->unknown_frees, "free of a block never seen",
		"frees of blocks never seen",
		"they came from where alloccheck cannot look, and accuse "
		"nobody");
	counter(style, c->untracked, "block not recorded",
		"blocks not recorded",
		"the system refused the memory, or the block's address is out "
		"of range");
	counter(style, c->unrecorded, "finding that could not be written",
		"findings that could not be written",
		"the report is short of them");
	counter(style, c->short_stacks, "stack cut short", "stacks cut short",
		"raise depth=N to see more of them");
	counter(style, c->lost_stacks, "stack not kept", "stacks not kept",
		"the system refused the memory");
	counter(style, c->lost_ages, "block without an age",
		"blocks without an age", "the system refused the memory");
}

static void header(const struct alck_text_style *style,
		   const struct alck_report *r)
{
	const struct alck_report_process *p = &r->process;
	unsigned long long times[3] = {0, 0, 0};
	static const char *const one[] = {"error", "latent fault", "note"};
	static const char *const many[] = {"errors", "latent faults", "notes"};
	const char *comma = "";
	size_t suppressed = 0;

	for (size_t i = 0; i < r->nfindings; i++)
		if (r->findings[i].suppressed_by)
			suppressed++;
		else
			times[alck_view_severity(&r->findings[i])]++;
	paint(style, "1", p->exe && *p->exe ? p->exe : "an unnamed program");
	if (p->pid.set)
		fprintf(style->out, " (process %" PRIu64 ")", p->pid.value);
	fputs(": ", style->out);
	for (int i = 0; i < 3; i++) {
		if (!times[i])
			continue;
		fprintf(style->out, "%s%llu %s", comma, times[i],
			times[i] == 1 ? one[i] : many[i]);
		comma = ", ";
	}
	if (!*comma)
		fputs(suppressed ? "nothing new found" : "nothing found",
		      style->out);
	if (suppressed)
		fprintf(style->out, ", %zu suppressed", suppressed);
	fputc('\n', style->out);
	if (!style->verbose)
		return;
	if (p->nargs) {
		fputs("  command  ", style->out);
		for (size_t i = 0; i < p->nargs; i++) {
			fputs(i ? " " : "", style->out);
			say(style, p->args[i]);
		}
		fputc('\n', style->out);
	}
	fact(style, "libc", p->libc);
	fact(style, "tool", p->tool);
	fact(style, "options", p->options);
	fact(style, "ended", r->end.ended ? r->end.ended : "unknown");
	if (r->end.status.set)
		fprintf(style->out, "  %-8s %" PRIu64 "\n", "status",
			r->end.status.value);
}

static void providers(const struct alck_text_style *style,
		      struct alck_view *view)
{
	const struct alck_report *r = view->report;
	int shown = 0;

	for (size_t i = 0; i < r->nproviders; i++) {
		const struct alck_report_provider *p = &r->providers[i];
		const char *family = p->family ? p->family : "", *how;

		/* They own no block: the loader's and forwarders'. */
		if (!style->verbose &&
		    (!strcmp(family, "c++") || !strcmp(family, "ld.so")))
			continue;
		if (!shown++)
			fputs("allocators\n", style->out);
		fputs("  ", style->out);
		say(style, alck_explain_provider(&view->arena, r, p));
		if (p->global.value)
			fputs(", in force", style->out);
		if (p->how && strcmp(p->how, "shared")) {
			fputs(", ", style->out);
			say(style, p->how);
		}
		how = style->verbose
			      ? alck_explain_provenance(&view->arena, r, p)
			      : NULL;
		if (how) {
			fputs(", ", style->out);
			say(style, how);
		}
		fputc('\n', style->out);
	}
}

static void more(const struct alck_text_style *style, size_t left)
{
	if (left)
		fprintf(style->out, "  and %zu more (--verbose)\n", left);
}

static void events(const struct alck_text_style *style,
		   const struct alck_report *r)
{
	size_t n = r->nevents;

	if (!n)
		return;
	if (!style->verbose && n > SHORT_LIST)
		n = SHORT_LIST;
	fputs("events\n", style->out);
	for (size_t i = 0; i < n; i++) {
		const struct alck_report_event *e = &r->events[i];

		fputs("  ", style->out);
		seconds(style->out, e->time.value);
		fputs("  ", style->out);
		if (e->thread.set)
			fprintf(style->out, "thread %" PRIu64 "  ",
				e->thread.value);
		say(style, e->kind ? e->kind : "event");
		fputs("  ", style->out);
		say(style, e->message ? e->message : e->path);
		fputc('\n', style->out);
	}
	more(style, r->nevents - n);
}

static void coverage(const struct alck_text_style *style,
		     const struct alck_report *r)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < r->ncoverage; i++) {
		const struct alck_report_coverage *c = &r->coverage[i];

		if (!style->verbose && c->seen && !strcmp(c->seen, "all"))
			continue;
		if (!style->verbose && shown == SHORT_LIST) {
			left++;
			continue;
		}
		if (!shown++)
			fputs(style->verbose ? "what was seen\n"
					     : "not seen in full\n",
			      style->out);
		fputs("  ", style->out);
		say(style, c->seen ? c->seen : "unknown");
		fputs("  ", style->out);
		say(style, c->path);
		if (c->why && *c->why) {
			fputs(": ", style->out);
			say(style, c->why);
		}
		fputc('\n', style->out);
	}
	more(style, left);
}

static void host(const struct alck_text_style *style, struct alck_view *view)
{
	const struct alck_report_host *h = &view->report->host;

	if (!style->verbose || !h->set)
		return;
	fputs("machine\n  ", style->out);
	say(style, alck_explain_host(&view->arena, h));
	fputs("\n  ", style->out);
	say(style, alck_explain_split_lock(&view->arena, h));
	fputc('\n', style->out);
}

static void modules(const struct alck_text_style *style,
		    const struct alck_report *r)
{
	if (!style->verbose || !r->nmodules)
		return;
	fputs("modules\n", style->out);
	for (size_t i = 0; i < r->nmodules; i++) {
		const struct alck_report_module *m = &r->modules[i];

		fprintf(style->out, "  %#018" PRIx64 "-%#018" PRIx64 "  ",
			m->low.value, m->high.value);
		for (size_t k = 0; k < m->build_id.len; k++)
			fprintf(style->out, "%02x", m->build_id.value[k]);
		fputs(m->build_id.len ? "  " : "(no build ID)  ", style->out);
		say(style, alck_report_module_path(r, m));
		if (m->deep_bound.value)
			fputs(", deep-bound", style->out);
		if (m->unloaded.value)
			fputs(", unloaded", style->out);
		fputc('\n', style->out);
	}
}

void alck_render_text(const struct alck_text_style *style,
		      struct alck_view *view)
{
	const struct alck_report *r = view->report;
	const struct alck_report_counters *c = &r->counters;
	const char *const *notes;
	size_t nnotes;

	header(style, r);
	for (int s = ALCK_SEVERITY_ERROR; s <= ALCK_SEVERITY_INFO; s++)
		for (size_t i = 0; i < r->nfindings; i++) {
			if ((int)alck_view_severity(&r->findings[i]) != s ||
			    r->findings[i].suppressed_by)
				continue;
			fputc('\n', style->out);
			alck_render_text_finding(style, view, &r->findings[i]);
		}
	alck_render_crash(style, view);
	if (r->nfindings && !r->crash.set)
		fputc('\n', style->out);
	providers(style, view);
	events(style, r);
	coverage(style, r);
	if (c->untracked.value || c->unknown_frees.value ||
	    c->unrecorded.value || c->short_stacks.value ||
	    c->lost_stacks.value || c->lost_ages.value) {
		fputs("counted\n", style->out);
		alck_render_text_counters(style, c);
	}
	host(style, view);
	modules(style, r);
	nnotes = alck_symbolizer_notes(view->symbolizer, &notes);
	for (size_t i = 0; i < nnotes; i++) {
		fputs("note: ", style->out);
		say(style, notes[i]);
		fputc('\n', style->out);
	}
}
