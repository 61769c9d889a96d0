/* SPDX-License-Identifier: MIT */
/*
 * Processors that come while the process runs (CPU hot-add).  An allocator with
 * a cache for each processor that counted them at its start may have none for a
 * new one: a program on Google's tcmalloc was seen to crash then, each time
 * somewhere else (google/tcmalloc issue 267).
 *
 * Which processors were online is read once, at the start.  Afterwards the
 * kernel is not asked (a sandbox may kill for that): seen is a thread that runs
 * on a processor which was not online, by what the processor itself knows.
 * Signal-safe.
 */
#ifndef ALCK_PRELOAD_CPUS_H
#define ALCK_PRELOAD_CPUS_H

/* Reads which processors are online.  From the constructor. */
void alck_cpus_start(void);

/* Notes in the timeline that the calling thread runs on a new processor, once
 * for each.  A few nanoseconds; for paths that are taken now and then. */
void alck_cpus_look(void);

#endif
