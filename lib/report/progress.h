/* SPDX-License-Identifier: MIT */
/* How far a long piece of work has come, on a terminal: one line that is
 * written over, from half a second on.  Offline, not signal-safe. */
#ifndef ALCK_REPORT_PROGRESS_H
#define ALCK_REPORT_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct alck_progress {
	const char *what; /* "reading reports" */
	size_t of;	  /* 0 when it is not known */
	int on, shown;
	uint64_t next; /* when the line is due again, in nanoseconds */
};

/* Begins; ON only when standard error is a terminal. */
void alck_progress_begin(struct alck_progress *progress, const char *what,
			 size_t of);
/* DONE pieces of the work are done. */
void alck_progress_step(struct alck_progress *progress, size_t done);
/* Takes the line away; before anything else is written, too. */
void alck_progress_end(struct alck_progress *progress);

#endif
