/* SPDX-License-Identifier: MIT */
/* One finding on the HTML page: see html.h.  Offline. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "report/demangle.h"
#include "report/html.h"

/* Frames that are seen before the rest is asked for. */
#define SHORT_STACK 12

const char *alck_html_text(struct alck_html *html, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = alck_arena_vprintf(&html->view->arena, format, args);
	va_end(args);
	return text ? text : "";
}

const char *alck_html_time(struct alck_html *html, uint64_t ns)
{
	/* Not by %f: its point is the locale's. */
	if (ns >= 1000000000)
		return alck_html_text(
			html, "%" PRIu64 ".%03u s", ns / 1000000000,
			(unsigned int)(ns % 1000000000 / 1000000));
	if (ns >= 1000000)
		return alck_html_text(html, "%" PRIu64 ".%02u ms", ns / 1000000,
				      (unsigned int)(ns % 1000000 / 10000));
	return alck_html_text(html, "%" PRIu64 " us", ns / 1000);
}

const char *alck_html_colour(struct alck_palette *palette, const char *family)
{
	static const char *const classes[] = {"p0", "p1", "p2", "p3",
					      "p4", "p5", "p6", "p7"};

	if (!family || !*family || !strcmp(family, "c++") ||
	    !strcmp(family, "ld.so"))
		return "p8";
	for (unsigned int i = 0; i < palette->used; i++)
		if (!strncmp(palette->family[i], family,
			     sizeof(palette->family[i]) - 1))
			return classes[i];
	if (palette->used == ALCK_HTML_COLOURS)
		return "p8";
	snprintf(palette->family[palette->used],
		 sizeof(palette->family[palette->used]), "%s", family);
	return classes[palette->used++];
}

void alck_html_fact(struct alck_html *html, const char *label, const char *text)
{
	if (text && *text)
		alck_page_put(html->out, "finding-fact", "label", label, "text",
			      text, NULL);
}

/* "readline.c:1307, libreadline.so.8+0x3845d" */
static const char *place(struct alck_html *html, const struct alck_frame *f)
{
	const struct alck_report *r = html->view->report;
	const char *module =
		f->module ? alck_report_base_name(
				    alck_report_module_path(r, f->module))
			  : NULL;
	const char *where =
		module ? alck_html_text(html, "%s+%#" PRIx64,
					*module ? module : "program", f->offset)
		       : alck_html_text(html, "%#" PRIx64 " in no known module",
					f->pc);

	if (!f->file)
		return where;
	return alck_html_text(html, "%s:%u %s%s",
			      alck_report_base_name(f->file), f->line,
			      f->inlined ? "inlined, " : "", where);
}

static void frame(struct alck_html *html,
		  const struct alck_report_module *blame, size_t n,
		  const struct alck_frame *f)
{
	const char *at = place(html, f);

	alck_page_put(html->out, "frame", "n", alck_html_text(html, "%zu", n),
		      "blame", blame && f->module == blame ? "blame" : "",
		      "function", f->function ? f->function : at, "at",
		      f->function ? at : "", NULL);
}

void alck_html_stack(struct alck_html *html, const char *colour,
		     const struct alck_report_module *blame, const char *what,
		     const char *api, struct alck_number thread,
		     struct alck_frames frames)
{
	const char *how = "";
	size_t i, first;

	if (!frames.count)
		return;
	frames = alck_explain_trim(html->view->report, frames);
	if (api && *api)
		how = alck_html_text(html, "by %s",
				     alck_demangle(&html->view->arena, api));
	if (thread.set)
		how = alck_html_text(html, "%s in thread %" PRIu64, how,
				     thread.value);
	alck_page_put(html->out, "stack-open", "colour", colour, "what", what,
		      "how", how, NULL);
	/* One more line says no less than "1 more". */
	first = frames.count > SHORT_STACK + 1 ? SHORT_STACK : frames.count;
	for (i = 0; i < first; i++)
		frame(html, blame, i, &frames.frame[i]);
	if (first == frames.count) {
		alck_page_put(html->out, "stack-close", NULL);
		return;
	}
	alck_page_put(html->out, "stack-more", "text",
		      alck_html_text(html, "%zu more", frames.count - first),
		      NULL);
	for (; i < frames.count; i++)
		frame(html, blame, i, &frames.frame[i]);
	alck_page_put(html->out, "stack-more-close", NULL);
}

/* Where the object was loaded: seldom looked at. */
static void folded(struct alck_html *html,
		   const struct alck_report_module *blame,
		   struct alck_frames frames)
{
	const struct alck_report *r = html->view->report;

	if (!frames.count)
		return;
	alck_page_put(html->out, "stack-folded", "what",
		      blame ? alck_html_text(html, "Where %s was loaded",
					     alck_report_base_name(
						     alck_report_module_path(
							     r, blame)))
			    : "Where it was loaded",
		      NULL);
	for (size_t i = 0; i < frames.count; i++)
		frame(html, NULL, i, &frames.frame[i]);
	alck_page_put(html->out, "stack-folded-close", NULL);
}

const char *alck_html_caller(struct alck_html *html, struct alck_frames frames)
{
	const struct alck_report *r = html->view->report;
	const struct alck_frame *f;

	if (!frames.count)
		return NULL;
	f = alck_explain_trim(r, frames).frame;
	return f->function ? f->function : place(html, f);
}

static const char *colour_of(struct alck_html *html, struct alck_number id)
{
	const struct alck_report_provider *p =
		alck_report_provider(html->view->report, id);

	return alck_html_colour(html->palette, p ? p->family : NULL);
}

static int same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

void alck_html_finding(struct alck_html *html,
		       const struct alck_finding_view *v, const char *why,
		       const char *advice)
{
	const struct alck_report_finding *f = v->finding;
	const struct alck_report *r = html->view->report;
	const struct alck_report_module *blame =
		alck_report_module(r, f->object);
	const char *owner = colour_of(html, f->owner);
	/* About the allocator: no block is freed. */
	int is_call = same(f->verdict, "satellite-call");

	alck_html_fact(html, "block", v->words.block);
	alck_html_fact(html, is_call ? "call of" : "freed by",
		       v->words.freed_by);
	if (!same(v->words.why, why))
		alck_html_fact(html, "why", v->words.why);
	alck_html_fact(html, "done", v->words.done);
	/* Where the call went on there is nothing hypothetical about it. */
	alck_html_fact(html, same(f->action, "caller") ? "harm" : "else",
		       v->words.otherwise);
	if (!same(v->words.advice, advice))
		alck_html_fact(html, "fix", v->words.advice);
	alck_page_put(html->out, "finding-stacks", NULL);
	alck_html_stack(html, owner, NULL, "Allocated", f->alloc_api,
			f->alloc_thread, v->stacks.alloc);
	alck_html_stack(html, colour_of(html, f->freer), blame,
			is_call ? "Called" : "Freed", f->api, f->thread,
			v->stacks.dealloc);
	alck_html_stack(html, owner, NULL, "First freed", f->freed_api,
			f->freed_thread, v->stacks.first);
	folded(html, blame, v->stacks.load);
	alck_page_put(html->out, "finding-close", NULL);
	if (v->words.suppression)
		alck_page_put(html->out, "finding-suppress", "line",
			      v->words.suppression, NULL);
	alck_page_put(html->out, "finding-end", NULL);
}
