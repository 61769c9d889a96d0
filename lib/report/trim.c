/* SPDX-License-Identifier: MIT */
/* Which frames of a stack matter: see explain.h.  Offline. */
#include <config.h>
#include "report/explain.h"

#include <string.h>

#define OURS "liballoccheck"

static int is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

static int is_entry_name(const char *name)
{
	static const char *const bare[] = {
		"__libc_",	 "_int_",	   "malloc",  "calloc",
		"realloc",	 "free",	   "cfree",   "memalign",
		"aligned_alloc", "posix_memalign", "valloc",  "pvalloc",
		"_mid_memalign", "tcache_",	   "checked_"};

	/* libc's name for its own use of any function, strdup too. */
	if (!strncmp(name, "__GI_", 5))
		name += 5;
	for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++) {
		size_t len = strlen(bare[i]);
		const char *rest = name + len;

		if (strncmp(name, bare[i], len))
			continue;
		if (bare[i][len - 1] == '_' || !*rest || *rest == '@')
			return 1;
	}
	return 0;
}

/* Does the object that P is in call it by itself?  Then it is more than an
 * allocator, and that was noted of it. */
static int is_mixed(const struct alck_report *report,
		    const struct alck_report_provider *p)
{
	for (size_t i = 0; i < report->ncoverage; i++)
		if (p->path && is(report->coverage[i].path, p->path) &&
		    report->coverage[i].why && report->coverage[i].why[0])
			return 1;
	return 0;
}

/* Does this frame belong to the machinery below the call that matters?  Of
 * libc only the allocator's own functions do: strdup() is what one wants to
 * see.  Nor is all of an object that an allocator is linked into. */
static int is_machinery(const struct alck_report *report,
			const struct alck_frame *frame)
{
	const struct alck_report_module *module = frame->module;

	if (!module)
		return 0;
	if (!strncmp(alck_report_base_name(module->path), OURS, strlen(OURS)))
		return 1;
	for (size_t i = 0; i < report->nproviders; i++) {
		const struct alck_report_provider *p = &report->providers[i];

		if (alck_report_module(report, p->module) != module)
			continue;
		if (frame->function && is_entry_name(frame->function))
			return 1;
		/* Objects that are an allocator and nothing else. */
		if (is(p->how, "shared") && p->family &&
		    !is(p->family, "glibc") && !is(p->family, "ld.so") &&
		    !is(p->family, "c++") && !is(p->family, "other") &&
		    !is_mixed(report, p))
			return 1;
	}
	return 0;
}

struct alck_frames alck_explain_trim(const struct alck_report *report,
				     struct alck_frames stack)
{
	struct alck_frames trimmed = stack;

	while (trimmed.count && is_machinery(report, trimmed.frame)) {
		trimmed.frame++;
		trimmed.count--;
	}
	if (stack.count && !trimmed.count) {
		trimmed.frame = stack.frame + stack.count - 1;
		trimmed.count = 1;
	}
	return trimmed;
}
