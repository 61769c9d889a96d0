/* SPDX-License-Identifier: MIT */
/*
 * The lock that glibc takes when it is given a block whose size word points it
 * to an arena that is none, and what the machine makes of it: a locked
 * instruction that crosses a cache line locks the bus, and every processor of
 * the machine waits.  Pure functions.  Offline.
 */
#ifndef ALCK_REPORT_SPLIT_LOCK_H
#define ALCK_REPORT_SPLIT_LOCK_H

#include "report/arena.h"
#include "report/model.h"

/* As perf knows it. */
struct alck_bus_lock_event {
	const char *name, *raw;
};

/* The event that counts bus locks on the processor of HOST; NULL when that is
 * not known. */
const struct alck_bus_lock_event *
alck_bus_lock_event(const struct alck_report_host *host);

/* Processor, kernel and whether it is a guest, in words; from ARENA. */
const char *alck_explain_host(struct alck_arena *arena,
			      const struct alck_report_host *host);

/* What HOST does about a split lock, and how they are counted there. */
const char *alck_explain_split_lock(struct alck_arena *arena,
				    const struct alck_report_host *host);

/* What FINDING, whose word before the block has glibc's arena bit set, would
 * have come to in CALL ("free", "realloc"). */
const char *alck_explain_arena(struct alck_arena *arena,
			       const struct alck_report *report,
			       const struct alck_report_finding *finding,
			       const char *call);

#endif
