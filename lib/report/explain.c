/* SPDX-License-Identifier: MIT */
/* A finding in words: see explain.h.  Offline. */
#include <config.h>
#include "report/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/age.h"
#include "report/demangle.h"
#include "report/mismatch.h"
#include "report/promise.h"
#include "report/provenance.h"
#include "report/suppression-text.h"

/* All that a sentence may need. */
struct context {
	struct alck_arena *arena;
	const struct alck_report *report;
	const struct alck_report_finding *f;
	struct alck_frames alloc, dealloc; /* trimmed */
	const struct alck_report_provider *owner, *freer;
	const struct alck_finding_row *row; /* NULL: a code we do not know */
};

static int is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

static const char *or_else(const char *text, const char *instead)
{
	return text && *text ? text : instead;
}

static const char *provider_file(const struct alck_report *report,
				 const struct alck_report_provider *provider)
{
	return or_else(alck_report_base_name(
			       alck_report_provider_path(report, provider)),
		       "an unknown file");
}

const char *alck_explain_provider(struct alck_arena *arena,
				  const struct alck_report *report,
				  const struct alck_report_provider *provider)
{
	const char *title, *rest = "", *file;
	int first;

	if (!provider)
		return "an unknown allocator";
	title = or_else(provider->title,
			or_else(provider->family, "an unnamed allocator"));
	first = (int)strlen(title);
	/* "glibc 2.36 ptmalloc": the version is glibc's. */
	if (provider->version && *provider->version &&
	    is(provider->family, "glibc") && strchr(title, ' ')) {
		rest = strchr(title, ' ');
		first = (int)(rest - title);
	}
	file = provider_file(report, provider);
	if (!provider->version || !*provider->version)
		return alck_arena_printf(arena, "%s (%s)", title, file);
	return alck_arena_printf(arena, "%.*s %s%s (%s)", first, title,
				 provider->version, rest, file);
}

const char *
alck_explain_provider_short(const struct alck_report *report,
			    const struct alck_report_provider *provider)
{
	if (!provider)
		return "unknown";
	if (!provider->family || is(provider->family, "other"))
		return provider_file(report, provider);
	return provider->family;
}

static const char *call_name(struct alck_arena *arena, const char *api)
{
	const char *plain;

	if (!api || !*api)
		return "an unknown function";
	plain = alck_demangle(arena, api);
	/* operator delete(void*) has its brackets already. */
	if (strchr(plain, '('))
		return plain;
	return alck_arena_printf(arena, "%s()", plain);
}

/* The same for sentences that stand without brackets. */
static const char *api_name(struct alck_arena *arena, const char *api)
{
	return api && *api ? alck_demangle(arena, api) : "function";
}

static const char *frame_module(const struct alck_report *report,
				struct alck_frames stack)
{
	if (!stack.count || !stack.frame[0].module)
		return "";
	return alck_report_base_name(
		alck_report_module_path(report, stack.frame[0].module));
}

static const char *object_name(const struct context *c)
{
	const struct alck_report_module *module =
		alck_report_module(c->report, c->f->object);

	if (module)
		return or_else(alck_report_base_name(alck_report_module_path(
				       c->report, module)),
			       "the program");
	return or_else(frame_module(c->report, c->dealloc),
		       "the calling object");
}

/* Who called the allocator for the block: "strdup() in libc.so.6". */
static const char *alloc_caller(const struct context *c)
{
	const char *module = frame_module(c->report, c->alloc);

	if (!*module)
		return "its caller is not known";
	if (!c->alloc.frame[0].function)
		return module;
	return alck_arena_printf(
		c->arena, "%s in %s",
		call_name(c->arena, c->alloc.frame[0].function), module);
}

static const struct alck_report_provider *global(const struct context *c)
{
	const struct alck_report_provider *p =
		alck_report_provider(c->report, c->f->global_provider);

	for (size_t i = 0; !p && i < c->report->nproviders; i++)
		if (c->report->providers[i].global.value)
			p = &c->report->providers[i];
	return p;
}

static int is_kind(const struct context *c, enum alck_verdict_kind kind)
{
	return is(c->f->verdict, alck_verdict_names[kind]);
}

static const char *wild_why(const struct context *c)
{
	const struct alck_report_finding *f = c->f;
	const struct alck_report_module *module;

	if (is_kind(c, ALCK_VERDICT_DOUBLE_FREE)) {
		if (!f->freed_api)
			return "the block was freed before";
		if (!f->freed_thread.set)
			return alck_arena_printf(
				c->arena, "the block was freed before, by %s",
				call_name(c->arena, f->freed_api));
		return alck_arena_printf(c->arena,
					 "the block was freed before, by %s in "
					 "thread %" PRIu64,
					 call_name(c->arena, f->freed_api),
					 f->freed_thread.value);
	}
	if (is(f->wild, "stack"))
		return "the address lies on a thread's stack: no allocator "
		       "gave it out";
	if (is(f->wild, "static")) {
		module = alck_report_module_at(c->report, f->pointer.value,
					       f->time.value);
		if (!module)
			return "the address is that of a static object: no "
			       "allocator gave it out";
		return alck_arena_printf(
			c->arena,
			"the address lies in the static data of %s: no "
			"allocator gave it out",
			or_else(alck_report_base_name(alck_report_module_path(
					c->report, module)),
				"the program"));
	}
	if (is(f->wild, "inside") && f->inside.set &&
	    f->inside.value <= f->pointer.value)
		return alck_arena_printf(
			c->arena,
			"the address lies %" PRIu64 " bytes inside a live "
			"block, which begins at %#" PRIx64,
			f->pointer.value - f->inside.value, f->inside.value);
	if (is(f->wild, "inside"))
		return "the address lies inside a live block";
	return "no allocator in this process is known to have given this "
	       "address out";
}

static const char *wild_advice(const struct context *c)
{
	if (is_kind(c, ALCK_VERDICT_DOUBLE_FREE))
		return "free it once: compare the two stacks, and let one of "
		       "them own the block";
	if (is(c->f->wild, "inside"))
		return "free the block by the address that the allocator "
		       "returned";
	return "free only what an allocator returned";
}

/* Of T3, where all that is known of the allocator is whose it is. */
static const char hidden_why[] =
	"the block lies in memory that {object} mapped for itself, and no "
	"allocator that is known handed it out: {object} has one of its own, "
	"of which no more can be told, for want of names; nor is it seen "
	"whose blocks that one is given";
static const char hidden_advice[] =
	"free the block in {object}; where that is not stripped and its "
	"allocator "
	"has names that are known, that is told and watched";

static const char *module_name(const struct context *c, struct alck_number id)
{
	return or_else(alck_report_base_name(alck_report_module_path(
			       c->report, alck_report_module(c->report, id))),
		       "another object");
}

/* A placeholder's text. */
/* Who was in fork, as far as it was seen. */
static const char *forker(const struct context *c)
{
	const struct alck_report_finding *f = c->f;

	if (!f->fork_thread.set)
		return "a thread";
	return alck_arena_printf(c->arena,
				 "a thread (here thread %" PRIu64 ", since "
				 "%" PRIu64 " us)",
				 f->fork_thread.value,
				 f->fork_since.value / 1000);
}

static const char *placeholder(const struct context *c, const char *name)
{
	const struct alck_report_finding *f = c->f;
	const struct alck_report *report = c->report;
	const struct alck_report_provider *p;

	if (is(name, "owner"))
		return alck_explain_provider(c->arena, report, c->owner);
	if (is(name, "freer"))
		return alck_explain_provider(c->arena, report, c->freer);
	if (is(name, "owner_family"))
		return alck_explain_provider_short(report, c->owner);
	if (is(name, "owner_file"))
		return provider_file(report, c->owner);
	if (is(name, "freer_file"))
		return provider_file(report, c->freer);
	if (is(name, "api"))
		return call_name(c->arena, f->api);
	if (is(name, "alloc_api"))
		return call_name(c->arena, f->alloc_api);
	if (is(name, "caller"))
		return or_else(frame_module(report, c->dealloc),
			       object_name(c));
	if (is(name, "object"))
		return object_name(c);
	if (is(name, "object_api"))
		return api_name(c->arena,
				f->object_api ? f->object_api : f->api);
	if (is(name, "object_provider")) {
		p = alck_report_provider(report, f->object_provider);
		return provider_file(report, p ? p : c->freer);
	}
	if (is(name, "global"))
		return alck_explain_provider(c->arena, report, global(c));
	if (is(name, "global_file"))
		return provider_file(report, global(c));
	if (is(name, "alloc_caller"))
		return alloc_caller(c);
	if (is(name, "forker"))
		return forker(c);
	if (is(name, "late_file"))
		return provider_file(report,
				     alck_report_provider(report, f->late));
	if (is(name, "private"))
		return alck_explain_provider(
			c->arena, report,
			alck_report_provider(report, f->private));
	if (is(name, "private_file"))
		return provider_file(report,
				     alck_report_provider(report, f->private));
	if (is(name, "other"))
		return alck_explain_provider(
			c->arena, report,
			f->late.set && f->owner.set &&
					f->late.value == f->owner.value
				? c->freer
				: c->owner);
	if (is(name, "tool"))
		return module_name(c, f->tool);
	if (is(name, "promise"))
		return alck_explain_promise(c->arena, f);
	if (is(name, "blocks") || is(name, "bytes"))
		return alck_arena_printf(c->arena, "%" PRIu64,
					 is(name, "blocks") ? f->blocks.value
							    : f->bytes.value);
	if (is(name, "asked"))
		return or_else(f->asked, "it");
	if (is(name, "other_file"))
		return or_else(f->other_file, "another file");
	if (is(name, "other_from"))
		return f->other_from &&
				       !strcmp(f->other_from, "LD_LIBRARY_PATH")
			       ? f->other_from
			       : alck_arena_printf(
					 c->arena, "its %s",
					 or_else(f->other_from, "path"));
	if (is(name, "copy_why"))
		return alck_explain_copy_why(c->arena, report, f);
	if (is(name, "copy_advice"))
		return alck_explain_copy_advice(c->arena, report, f);
	if (is(name, "child"))
		return or_else(f->child, "a child");
	if (is(name, "lost"))
		return or_else(f->lost, "it is not known why");
	if (is(name, "mismatch_why"))
		return alck_explain_mismatch_why(c->arena, f);
	if (is(name, "mismatch_advice"))
		return alck_explain_mismatch_advice(c->arena, f);
	if (is(name, "wild_why"))
		return wild_why(c);
	if (is(name, "wild_advice"))
		return wild_advice(c);
	return NULL;
}

/* TEMPLATE with its {placeholders} filled in. */
static const char *expand(const struct context *c, const char *template)
{
	const char *open, *close, *text;
	size_t len;
	char *out = NULL, name[32];
	FILE *stream = open_memstream(&out, &len);

	if (!stream)
		return NULL;
	while ((open = strchr(template, '{'))) {
		close = strchr(open, '}');
		if (!close || (size_t)(close - open) > sizeof(name))
			break;
		fwrite(template, 1, (size_t)(open - template), stream);
		memcpy(name, open + 1, (size_t)(close - open - 1));
		name[close - open - 1] = '\0';
		text = placeholder(c, name);
		fputs(text ? text : "?", stream);
		template = close + 1;
	}
	fputs(template, stream);
	text = fclose(stream) ? NULL : alck_arena_text(c->arena, out, len);
	free(out);
	return text;
}

static const char *article(const char *word)
{
	/* "an ld.so block", as it is spoken. */
	return strchr("aeioAEIO", *word) || is(word, "ld.so") ? "an" : "a";
}

static const char *headline(const struct context *c)
{
	const char *call = call_name(c->arena, c->f->api);
	const char *owner = alck_explain_provider_short(c->report, c->owner);
	const char *freer = alck_explain_provider_short(c->report, c->freer);

	if (is_kind(c, ALCK_VERDICT_DOUBLE_FREE))
		return c->owner ? alck_arena_printf(
					  c->arena,
					  "%s of %s %s block that was freed "
					  "before",
					  call, article(owner), owner)
				: alck_arena_printf(c->arena,
						    "%s of a block that was "
						    "freed before",
						    call);
	if (is_kind(c, ALCK_VERDICT_BAD_FREE))
		return alck_arena_printf(
			c->arena, "%s of %s", call,
			is(c->f->wild, "stack")	   ? "an address on the stack"
			: is(c->f->wild, "static") ? "a static object"
			: is(c->f->wild, "inside") ? "the inside of a block"
			: is(c->f->wild, "hidden") ? "a block of an allocator "
						     "without a name"
						   : "an address that no "
						     "allocator gave out");
	if (is_kind(c, ALCK_VERDICT_ALLOC_DEALLOC_MISMATCH))
		return alck_arena_printf(c->arena, "%s of a block of %s", call,
					 call_name(c->arena, c->f->alloc_api));
	if (is_kind(c, ALCK_VERDICT_SATELLITE_CALL))
		return alck_arena_printf(c->arena,
					 "%s reached %s, which is not the "
					 "allocator in force",
					 call, c->freer ? freer : "another");
	if (is_kind(c, ALCK_VERDICT_WRONG_COPY))
		return alck_arena_printf(
			c->arena, "%s is %s, and not %s",
			or_else(c->f->asked, "the allocator"),
			alck_report_provider_path(c->report, c->freer),
			or_else(c->f->other_file, "the one that was meant"));
	if (is_kind(c, ALCK_VERDICT_BROKEN_CONTRACT))
		return alck_arena_printf(c->arena, "%s of %s %s", call,
					 c->freer ? freer : "another",
					 c->f->message
						 ? c->f->message
						 : "returned a block that is "
						   "not aligned");
	if (is_kind(c, ALCK_VERDICT_LOST_CHILD))
		return alck_arena_printf(c->arena,
					 "%s of %s, which is not observed",
					 call, or_else(c->f->child, "a child"));
	if (is_kind(c, ALCK_VERDICT_LEFT_BEHIND))
		return alck_arena_printf(c->arena,
					 "%" PRIu64 " block%s of %s, which was "
					 "unloaded, never freed",
					 c->f->blocks.value,
					 c->f->blocks.value == 1 ? "" : "s",
					 provider_file(c->report, c->owner));
	if (!c->owner)
		return alck_arena_printf(c->arena,
					 "%s of a block of an unknown "
					 "allocator reached %s",
					 call,
					 c->freer ? freer : "another one");
	if (c->freer && !strcmp(owner, freer))
		return alck_arena_printf(
			c->arena, "%s of %s %s block of %s reached %s of %s",
			call, article(owner), owner,
			provider_file(c->report, c->owner), freer,
			provider_file(c->report, c->freer));
	return alck_arena_printf(c->arena, "%s of %s %s block reached %s", call,
				 article(owner), owner,
				 c->freer ? freer : "another allocator");
}

static const char *block(const struct context *c)
{
	const struct alck_report_finding *f = c->f;
	char size[48] = "", address[32] = "at an unknown address";
	const char *owned = "";

	if (is_kind(c, ALCK_VERDICT_SATELLITE_CALL) ||
	    is_kind(c, ALCK_VERDICT_WRONG_COPY) ||
	    is_kind(c, ALCK_VERDICT_BROKEN_CONTRACT) ||
	    is_kind(c, ALCK_VERDICT_LEFT_BEHIND) ||
	    is_kind(c, ALCK_VERDICT_LOST_CHILD))
		return NULL;
	if (f->pointer.set)
		snprintf(address, sizeof(address), "%#" PRIx64,
			 f->pointer.value);
	if (f->size.set)
		snprintf(size, sizeof(size), ", %" PRIu64 " byte%s",
			 f->size.value, f->size.value == 1 ? "" : "s");
	if (c->owner)
		owned = alck_arena_printf(
			c->arena, ", owned by %s",
			alck_explain_provider(c->arena, c->report, c->owner));
	return alck_arena_printf(
		c->arena, "%s%s%s%s", address, size,
		alck_age_before(c->arena, f->allocated, f->time),
		owned ? owned : "");
}

/* How a call came without the frame of whoever made it. */
static const char *tail(const struct context *c)
{
	if (!c->f->tail_call.value)
		return "";
	if (c->f->tool.set)
		return alck_arena_printf(c->arena,
					 " by way of %s, which left no frame",
					 module_name(c, c->f->tool));
	return " (by a tail call, which left no frame)";
}

static const char *freed_by(const struct context *c)
{
	const struct alck_report_module *object =
		alck_report_module(c->report, c->f->object);
	const char *caller = frame_module(c->report, c->dealloc);
	const struct alck_report_module *module =
		c->dealloc.count ? c->dealloc.frame[0].module : NULL;
	const char *from = "";

	if (is_kind(c, ALCK_VERDICT_WRONG_COPY))
		return NULL;
	if (c->f->tail_call.value && object) {
		module = object;
		caller = object_name(c);
	}
	if (*caller)
		from = alck_arena_printf(
			c->arena, ", called from %s%s%s", caller,
			module && module->deep_bound.value
				? ", which was loaded with RTLD_DEEPBIND"
				: "",
			tail(c));
	if ((!c->freer && !*caller) || is_kind(c, ALCK_VERDICT_LOST_CHILD))
		return NULL;
	return alck_arena_printf(
		c->arena, "%s%s",
		alck_explain_provider(c->arena, c->report, c->freer),
		from ? from : "");
}

static const char *done(const struct context *c)
{
	const char *what = alck_explain_action(c->f);

	if (!what || !c->f->spared)
		return what;
	return alck_arena_printf(
		c->arena,
		"%s; the suppression at %s kept on_error=abort from "
		"stopping the program%s",
		what, c->f->spared,
		c->f->spared_by_module.value
			? " (by the module alone: inside the process the name "
			  "of the function could not be told)"
			: "");
}

static const struct alck_finding_row *find_row(const char *code)
{
	for (int i = 0; i < ALCK_CODES; i++)
		if (is(code, alck_finding_rows[i].code))
			return &alck_finding_rows[i];
	return NULL;
}

static void name(const struct context *c, struct alck_explanation *out)
{
	out->code = or_else(c->f->code, "T?");
	out->slug = c->f->slug ? c->f->slug : c->row ? c->row->slug : "unknown";
	out->verdict = or_else(c->f->verdict, "unknown");
	out->severity = c->row ? c->row->severity : ALCK_SEVERITY_ERROR;
	for (int i = 0; i <= ALCK_SEVERITY_INFO; i++)
		if (is(c->f->severity, alck_severity_names[i]))
			out->severity = (enum alck_severity)i;
	out->severity_name = alck_severity_names[out->severity];
}

void alck_explain(struct alck_arena *arena, const struct alck_report *report,
		  const struct alck_report_finding *finding,
		  const struct alck_named_stacks *stacks,
		  struct alck_explanation *out)
{
	struct context c = {
		.arena = arena,
		.report = report,
		.f = finding,
		.alloc = alck_explain_trim(report, stacks->alloc),
		.dealloc = alck_explain_trim(report, stacks->dealloc),
		.owner = alck_report_provider(report, finding->owner),
		.freer = alck_report_provider(report, finding->freer),
		.row = find_row(finding->code),
	};

	memset(out, 0, sizeof(*out));
	name(&c, out);
	out->headline = headline(&c);
	out->block = block(&c);
	out->freed_by = freed_by(&c);
	out->why = is(finding->wild, "hidden") ? expand(&c, hidden_why)
		   : c.row		       ? expand(&c, c.row->why)
					       : finding->message;
	out->done = done(&c);
	if (!is_kind(&c, ALCK_VERDICT_LOST_CHILD))
		out->otherwise = alck_explain_otherwise(arena, report, finding);
	out->advice = is(finding->wild, "hidden") ? expand(&c, hidden_advice)
		      : c.row			  ? expand(&c, c.row->advice)
						  : NULL;
	out->suppression =
		alck_suppression_line(arena, report, finding, c.dealloc);
}
