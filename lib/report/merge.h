/* SPDX-License-Identifier: MIT */
/*
 * Many reports taken together: each distinct finding once, with how often and
 * when it was met.  A report is read, boiled down to the signatures of its
 * findings, and let go, so memory grows with what is distinct and not with
 * what there is; the reports of those that are shown are read again.
 * Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_MERGE_H
#define ALCK_REPORT_MERGE_H

#include <time.h>

#include "report/signature.h"
#include "report/suppressions.h"

#define ALCK_MERGED_PIDS 8

/* What diff.h says of it. */
enum alck_change { ALCK_CHANGE_NONE, ALCK_CHANGE_NEW, ALCK_CHANGE_GONE };

/* One distinct finding. */
struct alck_merged {
	struct alck_signature signature;
	enum alck_severity severity;
	uint64_t times;
	size_t reports; /* with this finding */
	/* Nanoseconds since 1970: when it first happened in the earliest
	 * report with it and in the latest; 0 when no report tells. */
	uint64_t first_seen, last_seen;
	size_t npids; /* processes; the first few in PIDS */
	uint64_t pids[ALCK_MERGED_PIDS];
	struct alck_suppression_rule *rule; /* that suppresses it, or NULL */
	enum alck_change change;
	/* Where it is to be read again. */
	size_t file, order;
	uint64_t id;
	/* Of the merge itself: the report that had it last. */
	size_t last_file;
	uint64_t last_pid;
};

struct alck_merge_totals {
	/* How often an error, latent fault or piece of information was met,
	 * by enum alck_severity, and how many different ones; without those
	 * that are suppressed. */
	unsigned long long times[3], suppressed;
	size_t distinct[3], distinct_suppressed;
	size_t processes;	 /* reports with something in them */
	size_t affected;	 /* of these with an error or latent fault */
	size_t problems;	 /* files that could not be read whole */
	size_t left_out;	 /* findings past the limit of distinct ones */
	unsigned long long told; /* of TIMES, those of alck_merge_add_told */
};

struct alck_merge_settings {
	struct alck_images *images;		      /* may be NULL */
	const struct alck_suppressions *suppressions; /* may be NULL */
	/* Reports last written to before SINCE belong to earlier runs. */
	const struct timespec *since; /* may be NULL */
	/* Those under another launcher to other runs, at the same time and in
	 * the same folder perhaps; 0 for any. */
	uint64_t launcher;
	/* What was wrong with a file, a sentence each time; may be NULL. */
	void (*complain)(void *data, const char *text);
	void *data;
	int to_terminal; /* what alck_merge_each's visitors show goes there */
};

struct alck_merge;

/* An empty merge.  Returns NULL where memory is refused; else it is the
 * caller's, to alck_merge_free.  What SETTINGS point to must outlive it. */
struct alck_merge *alck_merge_new(const struct alck_merge_settings *settings);

/* NULL is taken. */
void alck_merge_free(struct alck_merge *merge);

/* Adds the reports that PATH, a file or a folder, stands for.  Returns their
 * number, or -1 with errno set where the folder cannot be read or memory is
 * refused. */
long alck_merge_add(struct alck_merge *merge, const char *path);

/* What is in no file and was told in words already. */
struct alck_told {
	struct alck_told *next;
	struct alck_report *report;
	int is_rest;  /* its beginning is in a file ... */
	int affected; /* ... with an error or latent fault */
};

/* Counts TOLD's findings with the others; those that no file has are passed
 * over by alck_merge_each.  After the files, since their findings are shown.
 * Returns 0, or -1 with errno set where memory is refused. */
int alck_merge_add_told(struct alck_merge *merge, const struct alck_told *told);

/* After the last one: orders by severity, then as they came, those that are
 * suppressed last. */
void alck_merge_finish(struct alck_merge *merge);

size_t alck_merge_count(const struct alck_merge *merge);
struct alck_merged *alck_merge_at(const struct alck_merge *merge, size_t index);
size_t alck_merge_index(const struct alck_merge *merge,
			const struct alck_merged *row);

/* The one with SIGNATURE, or NULL. */
const struct alck_merged *alck_merge_find(const struct alck_merge *merge,
					  struct alck_signature signature);

const struct alck_merge_totals *
alck_merge_totals(const struct alck_merge *merge);

/* Calls VISIT with each that is WANTED, in order, reading its report again;
 * stops when VISIT returns non-zero. */
void alck_merge_each(const struct alck_merge *merge,
		     int (*wanted)(const struct alck_merged *merged),
		     int (*visit)(void *data, struct alck_view *view,
				  const struct alck_report_finding *finding,
				  const struct alck_merged *merged),
		     void *data);

/* Is MERGED not suppressed?  For alck_merge_each. */
int alck_merged_is_open(const struct alck_merged *merged);

#endif
