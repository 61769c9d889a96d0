/* SPDX-License-Identifier: MIT */
/* What a scan says, as lines that can be compared with those of another: for
 * looking at a process again and again.  Offline. */
#ifndef ALCK_INSPECT_FACTS_H
#define ALCK_INSPECT_FACTS_H

#include "inspect/scan.h"

struct alck_facts_list {
	char **lines; /* sorted, each once */
	size_t n;
};

/* The facts of SCAN, to be freed; they outlive it.  -1 without memory. */
int alck_facts_of(const struct alck_scan *scan, struct alck_facts_list *facts);
void alck_facts_free(struct alck_facts_list *facts);

/* Writes what is in one alone: "- " for BEFORE's, "+ " for AFTER's.  Returns
 * how many lines. */
size_t alck_facts_print_changes(FILE *out, const struct alck_facts_list *before,
				const struct alck_facts_list *after);

#endif
