/* SPDX-License-Identifier: MIT */
/* What malloc promises, in words: see promise.h.  Offline. */
#include <config.h>

#include <inttypes.h>

#include "report/promise.h"

const char *alck_explain_promise(struct alck_arena *arena,
				 const struct alck_report_finding *f)
{
	if (f->message)
		return f->message;
	return alck_arena_printf(arena,
				 "returned %#" PRIx64 ", which is not a "
				 "multiple of %" PRIu64 " as it has to be",
				 f->pointer.value, f->alignment.value);
}

const char *alck_explain_promise_else(const struct alck_report_finding *f)
{
	return f->message ? "nothing until somebody counts on it, as every "
			    "program may"
			  : "nothing until a vector instruction or a tagged "
			    "pointer counts on it: then a crash (SIGSEGV, not "
			    "SIGBUS)";
}
