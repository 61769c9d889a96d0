/* SPDX-License-Identifier: MIT */
/*
 * The records of this process's report, kept in memory from the first on: what
 * could not be written yet is written later or elsewhere, and a core has the
 * whole report in it.  Under the recorder's lock.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_JOURNAL_H
#define ALCK_PRELOAD_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

/* One record, or the file's header.  Read from outside: see contract/root.h. */
struct alck_piece {
	struct alck_piece *next;
	uint64_t len;
	unsigned char bytes[];
};

struct alck_journal {
	struct alck_piece *first, *last;
};

extern struct alck_journal alck_journal;

/* Appends a copy of LEN bytes.  Returns 0, or -1 where memory is refused or 64
 * MiB are kept already. */
int alck_journal_add(const unsigned char *bytes, size_t len);

/* Forgets all of it: a forked child begins anew. */
void alck_journal_reset(void);

#endif
