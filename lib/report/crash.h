/* SPDX-License-Identifier: MIT */
/*
 * The crash of a process in words: pure functions of its report.  Offline, not
 * signal-safe.
 */
#ifndef ALCK_REPORT_CRASH_H
#define ALCK_REPORT_CRASH_H

#include "report/model.h"

/* "died of signal 11 (SIGSEGV) at address 0x10, in free() of glibc ...". */
const char *alck_crash_headline(struct alck_arena *arena,
				const struct alck_report *report);

/* What the blocks say of the reason: that the allocator at work had another
 * one's block in its hands, or a freed one.  NULL where they say nothing. */
const char *alck_crash_reason(struct alck_arena *arena,
			      const struct alck_report *report);

/* "a live jemalloc block of 24 bytes at 0x7f00, 8 bytes inside". */
const char *alck_crash_block(struct alck_arena *arena,
			     const struct alck_report *report,
			     const struct alck_report_held *held);

/* "SIGSEGV"; "signal" for one without a name. */
const char *alck_crash_signal(uint64_t number);

#endif
