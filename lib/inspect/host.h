/* SPDX-License-Identifier: MIT */
/*
 * The machine: what it makes of split locks, how often they happened, and its
 * processors, of which some may come later.  Offline; reads /proc, /sys and the
 * kernel's log.  What may not be read is missing, and said to be.
 */
#ifndef ALCK_INSPECT_HOST_H
#define ALCK_INSPECT_HOST_H

#include <stdio.h>
#include <sys/types.h>

#include "report/arena.h"
#include "report/model.h"

/* A line of the kernel's log that tells of a bus lock or a split lock. */
struct alck_host_locks {
	unsigned int lines;
	const char *last;    /* the newest, NULL without */
	uint64_t last_ms;    /* since boot */
	const char *startup; /* what the kernel said at the start; or NULL */
	const char *why;     /* the log could not be read; or NULL */
};

/* A processor that was brought up after the machine had started. */
struct alck_host_late_cpu {
	unsigned int cpu;
	uint64_t ms; /* since boot */
};

/* How many bus locks a process had while they were counted. */
struct alck_host_count {
	pid_t pid;
	char name[16];
	uint64_t locks;
};

struct alck_host {
	struct alck_arena arena;
	struct alck_report_host machine; /* as a report has it */
	const char *cache_line;		 /* "64", or NULL */
	/* Lists as the kernel has them, "0-3,8"; NULL where not known. */
	const char *possible, *present, *online;
	unsigned int npossible, npresent, nonline;
	struct alck_host_locks locks;
	struct alck_host_late_cpu *late;
	size_t nlate;
	/* Where counting was asked for. */
	struct alck_host_count *counts; /* the most first */
	size_t ncounts;
	double counted_seconds;
	const char *why_not_counted; /* or NULL */
};

/* Reads what ROOT/proc and ROOT/sys tell, and the kernel's log at
 * ROOT/dev/kmsg; ROOT is "" for this machine.  To be given to alck_host_free in
 * any case.  Returns 0, or -1 without memory. */
int alck_host_read(struct alck_host *host, const char *root);

/* Counts bus locks of every process for SECONDS, with the perf event of this
 * processor.  What that took away is in COUNTS, or WHY_NOT_COUNTED. */
void alck_host_count(struct alck_host *host, double seconds);

void alck_host_free(struct alck_host *host);

/* How many processors LIST, "0-3,8", has; 0 where it is none. */
unsigned int alck_host_cpus(const char *list);

/* When process PID of ROOT was started, in milliseconds since boot; 0 where
 * that is not known. */
uint64_t alck_host_process_start(const char *root, pid_t pid);

/* For people, and as one JSON object, "alloccheck-host/1". */
void alck_host_text(FILE *out, struct alck_host *host);
void alck_host_json(FILE *out, struct alck_host *host);

#endif
