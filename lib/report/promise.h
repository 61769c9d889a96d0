/* SPDX-License-Identifier: MIT */
/*
 * An allocator that does not keep what malloc promises (T21), in words.
 * Offline.
 */
#ifndef ALCK_REPORT_PROMISE_H
#define ALCK_REPORT_PROMISE_H

#include "report/model.h"

/* What it did, for "the malloc of libsomething.so ...". */
const char *alck_explain_promise(struct alck_arena *arena,
				 const struct alck_report_finding *f);

/* What becomes of it. */
const char *alck_explain_promise_else(const struct alck_report_finding *f);

#endif
