/* SPDX-License-Identifier: MIT */
/* How an allocator came into the process: see provenance.h.  Offline. */
#include <config.h>
#include "report/provenance.h"

#include <string.h>

static int is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

/* The file name of a module, "the program" where it has none. */
static const char *module_name(const struct alck_report *report,
			       const struct alck_report_module *module)
{
	const char *name =
		alck_report_base_name(alck_report_module_path(report, module));

	return *name ? name : "the program";
}

/* "RUNPATH (/opt/lib/)", "ld.so.cache" */
static const char *place(struct alck_arena *arena,
			 const struct alck_report_provider *p)
{
	if (!p->folder)
		return p->found_by;
	return alck_arena_printf(arena, "%s (%s)", p->found_by, p->folder);
}

const char *alck_explain_provenance(struct alck_arena *arena,
				    const struct alck_report *report,
				    const struct alck_report_provider *p)
{
	const struct alck_report_module *asker =
		alck_report_module(report, p->asker);
	const char *who = "", *how = "";

	if (!p->found_by || is(p->found_by, "program"))
		return NULL;
	if (is(p->found_by, "unknown"))
		how = ", how it was found is not known";
	else if (is(p->found_by, "path"))
		how = ", by its path";
	else if (is(p->found_by, "default"))
		how = ", found in a default folder";
	else
		how = alck_arena_printf(arena, ", found by %s",
					place(arena, p));
	if (p->asked && asker)
		who = alck_arena_printf(arena, "asked for by %s as %s",
					module_name(report, asker), p->asked);
	else if (p->asked)
		who = alck_arena_printf(arena, "asked for as %s", p->asked);
	if (!who || !how)
		return NULL;
	return alck_arena_printf(arena, "%s%s", who, *who ? how : how + 2);
}

const char *alck_explain_copy_why(struct alck_arena *arena,
				  const struct alck_report *report,
				  const struct alck_report_finding *f)
{
	const struct alck_report_provider *p =
		alck_report_provider(report, f->freer);
	const struct alck_report_module *asker =
		p ? alck_report_module(report, p->asker) : NULL;
	const char *path = alck_report_provider_path(report, p);

	if (!p || !p->found_by)
		return "another one is loaded";
	if (!f->other_named.value)
		return alck_arena_printf(
			arena,
			"that file is not called %s, so ld.so passed it by and "
			"took %s, found by %s",
			f->asked ? f->asked : "so", path, place(arena, p));
	if (asker && p->asker.value != f->object.value)
		return alck_arena_printf(
			arena, "%s asked before it, and got %s by %s",
			module_name(report, asker), path, place(arena, p));
	return alck_arena_printf(arena, "%s comes first and gave %s",
				 place(arena, p), path);
}

const char *alck_explain_copy_advice(struct alck_arena *arena,
				     const struct alck_report *report,
				     const struct alck_report_finding *f)
{
	const struct alck_report_provider *p =
		alck_report_provider(report, f->freer);
	const char *asked = f->asked ? f->asked : "what is asked for";

	if (!f->other_named.value)
		return alck_arena_printf(
			arena,
			"call %s %s, or put a link of that "
			"name beside it",
			f->other_file ? f->other_file : "the file", asked);
	if (p && is(p->found_by, "LD_LIBRARY_PATH"))
		return alck_arena_printf(
			arena,
			"take %s out of LD_LIBRARY_PATH, or %s out of it",
			p->folder ? p->folder : "the folder", asked);
	return alck_arena_printf(arena,
				 "let all that ask for %s find one and the "
				 "same file: give them one RUNPATH, or keep "
				 "one copy",
				 asked);
}
