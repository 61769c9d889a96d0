/* SPDX-License-Identifier: MIT */
/* Showing whose memory it is: see usage.h.  Offline. */
#ifndef ALCK_INSPECT_USAGE_SHOW_H
#define ALCK_INSPECT_USAGE_SHOW_H

#include <stdio.h>

#include "inspect/usage.h"

struct alck_scan;

/* Finds the usage of what SCAN is of, a process or a core; PROC as
 * alck_scan_how has it.  The objects belong to SCAN.  Returns as
 * alck_usage_find. */
int alck_usage_of_scan(struct alck_usage *usage, struct alck_scan *scan,
		       const char *proc);

/* Each writes all of USAGE to OUT; TARGET is what it is of, in words.  VERBOSE:
 * every region too. */
void alck_usage_text(FILE *out, const struct alck_usage *usage,
		     const char *target, int verbose);
/* One object, "alloccheck-memory/1": see doc/SCAN. */
void alck_usage_json(FILE *out, const struct alck_usage *usage,
		     const char *target);
/* A picture, as one SVG document. */
void alck_usage_svg(FILE *out, const struct alck_usage *usage,
		    const char *target);

/* "1.5 MiB" into BUF, which is returned. */
#define ALCK_BYTES_TEXT 32
const char *alck_bytes_text(char *buf, uint64_t bytes);

/* Of the memory of HEAP that could else be given back, the part that its pin
 * keeps: free bytes below that block. */
uint64_t alck_usage_pinned(const struct alck_usage_heap *heap);

#endif
