/* SPDX-License-Identifier: MIT */
/*
 * The findings as a table: stable codes, slugs, severities, and the words for
 * each.  See findings.def.  Constant data; runs anywhere.
 */
#ifndef ALCK_CONTRACT_FINDINGS_H
#define ALCK_CONTRACT_FINDINGS_H

/* ERROR: it corrupts or crashes.  LATENT: right today by luck.  INFO: worth
 * knowing. */
enum alck_severity {
	ALCK_SEVERITY_ERROR,
	ALCK_SEVERITY_LATENT,
	ALCK_SEVERITY_INFO
};

enum alck_code {
	ALCK_NO_FINDING = -1,
#define FINDING(code, slug, severity, why, advice) ALCK_##code,
#include "contract/findings.def"
#undef FINDING
	ALCK_CODES
};

/* What kind of fault it is, in the words of the sanitizers. */
#define ALCK_VERDICTS(X)                                    \
	X(CROSS_ALLOCATOR, "cross-allocator")               \
	X(DOUBLE_FREE, "double-free")                       \
	X(BAD_FREE, "bad-free")                             \
	X(ALLOC_DEALLOC_MISMATCH, "alloc-dealloc-mismatch") \
	X(SATELLITE_CALL, "satellite-call")                 \
	X(WRONG_COPY, "wrong-copy")                         \
	X(BROKEN_CONTRACT, "broken-contract")               \
	X(LOST_CHILD, "lost-child")                         \
	X(LEFT_BEHIND, "left-behind")

enum alck_verdict_kind {
#define X(id, text) ALCK_VERDICT_##id,
	ALCK_VERDICTS(X)
#undef X
		ALCK_VERDICT_KINDS
};

/* What became of the block. */
#define ALCK_ACTIONS(X)   \
	X(ABORT, "abort") \
	X(OWNER, "owner") \
	X(LEAK, "leak")   \
	X(CALLER, "caller")

enum alck_action {
#define X(id, text) ALCK_ACTION_##id,
	ALCK_ACTIONS(X)
#undef X
		ALCK_ACTIONS_COUNT
};

struct alck_finding_row {
	const char *code; /* "T1b" */
	const char *slug; /* "deep-bind-libc-memory" */
	enum alck_severity severity;
	const char *why, *advice;
};

extern const struct alck_finding_row alck_finding_rows[ALCK_CODES];
extern const char *const alck_severity_names[]; /* "error", "latent", "info" */
extern const char *const alck_verdict_names[ALCK_VERDICT_KINDS];
extern const char *const alck_action_names[ALCK_ACTIONS_COUNT];

#endif
