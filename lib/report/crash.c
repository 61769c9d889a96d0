/* SPDX-License-Identifier: MIT */
/* A crash in words: see crash.h.  Offline. */
#include "report/crash.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "report/age.h"
#include "report/demangle.h"
#include "report/explain.h"

/* The names of x86-64 Linux, wherever the report is read. */
const char *alck_crash_signal(uint64_t number)
{
	static const struct {
		unsigned int number;
		const char *name;
	} names[] = {{4, "SIGILL"}, {6, "SIGABRT"},  {7, "SIGBUS"},
		     {8, "SIGFPE"}, {11, "SIGSEGV"}, {31, "SIGSYS"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == number)
			return names[i].name;
	return "signal";
}

static int is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

const char *alck_crash_headline(struct alck_arena *arena,
				const struct alck_report *report)
{
	const struct alck_report_crash *c = &report->crash;
	const struct alck_report_provider *p =
		alck_report_provider(report, c->provider);
	const char *where = "", *work = "";

	if (c->fault.set && c->signal.value != 6)
		where = alck_arena_printf(arena, " at address %#" PRIx64,
					  c->fault.value);
	else if (c->sender.set && c->sender.value != report->process.pid.value)
		where = alck_arena_printf(arena, ", sent by process %" PRIu64,
					  c->sender.value);
	if (c->api && p)
		work = alck_arena_printf(
			arena, ", in %s() of %s", alck_demangle(arena, c->api),
			alck_explain_provider(arena, report, p));
	return alck_arena_printf(arena, "died of signal %" PRIu64 " (%s)%s%s",
				 c->signal.value,
				 alck_crash_signal(c->signal.value),
				 where ? where : "", work ? work : "");
}

const char *alck_crash_block(struct alck_arena *arena,
			     const struct alck_report *report,
			     const struct alck_report_held *h)
{
	const char *size = "", *inside = "";

	if (h->size.set)
		size = alck_arena_printf(arena, " of %" PRIu64 " byte%s",
					 h->size.value,
					 h->size.value == 1 ? "" : "s");
	if (h->pointer.value > h->begin.value)
		inside = alck_arena_printf(arena, ", %" PRIu64 " bytes inside",
					   h->pointer.value - h->begin.value);
	return alck_arena_printf(
		arena, "a %s block%s at %#" PRIx64 "%s%s, owned by %s",
		is(h->state, "freed") ? "freed" : "live", size ? size : "",
		h->begin.value, inside ? inside : "",
		alck_age_before(arena, h->allocated, report->crash.time),
		alck_explain_provider(arena, report,
				      alck_report_provider(report, h->owner)));
}

/* Memory so near to where the stack pointer points can be touched, or else the
 * stack has come to its end. */
static int is_overflow(const struct alck_report_crash *c)
{
	enum { RSP = 7, NEAR = 65536 }; /* in the order of REGISTERS */
	uint64_t sp, at = c->fault.value;

	if (c->signal.value != SIGSEGV || !c->fault.set ||
	    c->registers.count <= RSP)
		return 0;
	sp = c->registers.value[RSP];
	return at > sp ? at - sp < NEAR : sp - at < NEAR;
}

/* The argument comes first, where there is one. */
const char *alck_crash_reason(struct alck_arena *arena,
			      const struct alck_report *report)
{
	const struct alck_report_crash *c = &report->crash;
	const struct alck_report_provider *p =
		alck_report_provider(report, c->provider);

	if (is_overflow(c))
		return "the thread has used its stack up";
	for (size_t i = 0; i < c->nheld; i++) {
		const struct alck_report_held *h = &c->held[i];
		const struct alck_report_provider *owner =
			alck_report_provider(report, h->owner);

		if (p && owner && owner != p)
			return alck_arena_printf(
				arena,
				"%s was at work on memory that is %s's: a "
				"block "
				"of one allocator has reached the other, which "
				"takes its neighbours for bookkeeping",
				alck_explain_provider_short(report, p),
				alck_explain_provider_short(report, owner));
		if (is(h->name, "argument") && is(h->state, "freed"))
			return "the block was freed before";
	}
	return NULL;
}
