/* SPDX-License-Identifier: MIT */
/* A block that went back by the wrong function: see mismatch.h.  Offline. */
#include <config.h>
#include "report/mismatch.h"

#include <inttypes.h>
#include <string.h>

#include "report/demangle.h"

/* By the names that the ABI gives them: _Znw is operator new, _Zna is operator
 * new[], _Zdl and _Zda are operator delete and delete[]. */
static const char *right_for(const char *alloc_api)
{
	if (alloc_api && !strncmp(alloc_api, "_Zna", 4))
		return "delete[]";
	if (alloc_api && !strncmp(alloc_api, "_Znw", 4))
		return "delete";
	return "free()";
}

static int same_class(const struct alck_report_finding *f)
{
	const char *a = f->alloc_api, *r = f->api;

	if (!a || !r)
		return 0;
	if (strncmp(a, "_Zn", 3))
		return strncmp(r, "_Zd", 3) != 0;
	return (!strncmp(a, "_Zna", 4) && !strncmp(r, "_Zda", 4)) ||
	       (!strncmp(a, "_Znw", 4) && !strncmp(r, "_Zdl", 4));
}

static int is_size(const struct alck_report_finding *f)
{
	return same_class(f) && f->given_size.set && f->size.set &&
	       f->given_size.value != f->size.value;
}

const char *alck_explain_mismatch_why(struct alck_arena *arena,
				      const struct alck_report_finding *f)
{
	const char *from =
		alck_demangle(arena, f->alloc_api ? f->alloc_api : "another");
	const char *to = alck_demangle(arena, f->api ? f->api : "this");

	if (is_size(f))
		return alck_arena_printf(
			arena,
			"%s was asked for %" PRIu64 " bytes, and %s was told "
			"%" PRIu64,
			from, f->size.value, to, f->given_size.value);
	if (same_class(f))
		return alck_arena_printf(
			arena,
			"of %s and %s the one is for aligned objects and the "
			"other is not",
			from, to);
	return alck_arena_printf(arena,
				 "the block came from %s, for which there is "
				 "%s, and went to %s",
				 from, right_for(f->alloc_api), to);
}

const char *alck_explain_mismatch_advice(struct alck_arena *arena,
					 const struct alck_report_finding *f)
{
	if (is_size(f))
		return "delete it by a pointer to the type that it was made "
		       "as; a base class needs a virtual destructor";
	if (same_class(f))
		return "delete it by a pointer to the type that it was made "
		       "as, alignment and all";
	return alck_arena_printf(arena, "free it with %s",
				 right_for(f->alloc_api));
}
