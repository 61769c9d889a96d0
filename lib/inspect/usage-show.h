/* SPDX-License-Identifier: MIT */
/* Showing whose memory it is: see usage.h.  Offline. */
#ifndef ALCK_INSPECT_USAGE_SHOW_H
#define ALCK_INSPECT_USAGE_SHOW_H

#include <stdio.h>

#include "inspect/usage.h"
#include "report/view.h"

struct alck_scan;

/* A usage, with names for the stacks of its blocks. */
struct alck_usage_view {
	struct alck_usage usage;
	const char *target;	  /* what it is of, in words */
	struct alck_state *state; /* NULL: the preload library is not there */
	struct alck_report *report;
	struct alck_view view;
	int has_names; /* REPORT and VIEW are there */
};

/* Finds the usage of what SCAN is of, a process or a core; PROC as
 * alck_scan_how has it.  The objects belong to SCAN.  Returns as
 * alck_usage_find; alck_usage_view_free in either case. */
int alck_usage_of_scan(struct alck_usage_view *view, struct alck_scan *scan,
		       const char *proc);
void alck_usage_view_free(struct alck_usage_view *view);

/* Fills CALL with what is recorded of CONTEXT, and returns its frames; they
 * belong to VIEW. */
struct alck_frames alck_usage_frames(struct alck_usage_view *view,
				     uint32_t context,
				     struct alck_state_call *call);

/* How old the block at ADDR is, at least, into *AGE, in nanoseconds.  Returns
 * 1, or 0 where that is not known. */
int alck_usage_age(struct alck_usage_view *view, uint64_t addr, uint64_t *age);

/* Each writes all of it to OUT.  VERBOSE: every region too. */
void alck_usage_text(FILE *out, struct alck_usage_view *view, int verbose);
/* One object, "alloccheck-memory/1": see doc/SCAN. */
void alck_usage_json(FILE *out, struct alck_usage_view *view);
/* A picture, as one SVG document. */
void alck_usage_svg(FILE *out, struct alck_usage_view *view);

/* "1.5 MiB" into BUF, which is returned. */
#define ALCK_BYTES_TEXT 32
const char *alck_bytes_text(char *buf, uint64_t bytes);

/* Of the memory of HEAP that could else be given back, the part that its last
 * block keeps: free bytes below it. */
uint64_t alck_usage_pinned(const struct alck_usage_heap *heap);

/* What of T is resident; of a core, where that is not known, all. */
uint64_t alck_usage_resident(const struct alck_usage_total *t);

#endif
