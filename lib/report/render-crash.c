/* SPDX-License-Identifier: MIT */
/* A crash as text: see render-crash.h.  Offline. */
#include "report/render-crash.h"

#include <inttypes.h>

#include "report/crash.h"
#include "report/utf8.h"

/* In the order of the field REGISTERS. */
static const char *const registers[] = {
	"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
	"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip", "eflags"};

static void say(const struct alck_text_style *style, const char *text)
{
	alck_utf8_print(style->out, text ? text : "");
}

static void held(const struct alck_text_style *style, struct alck_view *view,
		 const struct alck_report_held *h, uint64_t time)
{
	const struct alck_report *r = view->report;
	struct alck_symbolizer *s = view->symbolizer;

	fprintf(style->out, "  %-8s ", h->name ? h->name : "?");
	say(style, alck_crash_block(&view->arena, r, h));
	fputc('\n', style->out);
	alck_render_text_stack(style, r, "allocated", h->alloc_api,
			       h->alloc_thread,
			       alck_symbolizer_stack(s, &h->alloc_stack, time));
	alck_render_text_stack(style, r, "freed", h->freed_api, h->freed_thread,
			       alck_symbolizer_stack(s, &h->freed_stack, time));
}

void alck_render_crash(const struct alck_text_style *style,
		       struct alck_view *view)
{
	const struct alck_report *r = view->report;
	const struct alck_report_crash *c = &r->crash;
	uint64_t time = c->time.set ? c->time.value : UINT64_MAX;
	const char *reason;

	if (!c->set)
		return;
	fputs("\nalloccheck: ", style->out);
	say(style, alck_crash_headline(&view->arena, r));
	fputc('\n', style->out);
	reason = alck_crash_reason(&view->arena, r);
	if (reason) {
		fputs("  why      ", style->out);
		say(style, reason);
		fputc('\n', style->out);
	}
	alck_render_text_stack(
		style, r, "crashed", NULL, c->thread,
		alck_symbolizer_stack(view->symbolizer, &c->stack, time));
	for (size_t i = 0; i < c->nheld; i++)
		held(style, view, &c->held[i], time);
	for (size_t i = 0; style->verbose && i < c->registers.count &&
			   i < sizeof(registers) / sizeof(registers[0]);
	     i++)
		fprintf(style->out, "  %-8s %#018" PRIx64 "\n", registers[i],
			c->registers.value[i]);
	fputc('\n', style->out);
}
