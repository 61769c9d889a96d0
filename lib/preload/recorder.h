/* SPDX-License-Identifier: MIT */
/*
 * The report: begun when there is something to say, one for each process image,
 * each record written whole at the moment that it says something of, so that
 * what happened survives whatever becomes of the process.
 *
 * A record goes into the journal (journal.h) and from there to the file
 * (report-file.h); where no file can be, or grow, to the launcher (channel.h).
 * What can be written nowhere stays in the journal and is tried again with a
 * later record.
 *
 * One thread writes at a time; a forked child takes over the parent's lock and
 * begins a report of its own.  Signal-safe, under the reentrancy guard.
 */
#ifndef ALCK_PRELOAD_RECORDER_H
#define ALCK_PRELOAD_RECORDER_H

#include "contract/record.h"
#include "preload/thread.h"

/* Takes the recorder and begins the report if that has not been done: with the
 * process, its modules, providers and events so far.  Returns a writer with a
 * record of TYPE begun, or NULL where the recorder cannot be had (nothing is
 * taken then). */
struct alck_record_writer *alck_recorder_begin(struct alck_thread *t,
					       enum alck_record_type type);

/* Closes the record and begins one of TYPE, the recorder still taken. */
void alck_recorder_next(struct alck_record_writer *w,
			enum alck_record_type type);

/* Closes the record, writes what is to be written and lets the recorder go.
 * Returns 0, or -1 when it could not be written (yet). */
int alck_recorder_end(struct alck_thread *t, struct alck_record_writer *w);

/* Begins the report though there is nothing to say yet. */
void alck_recorder_open(struct alck_thread *t);

/* Where a report is begun: writes what has come since the last record. */
void alck_recorder_flush(struct alck_thread *t);

/* Is this process's report begun? */
int alck_recorder_is_open(void);

/* The program is about to forbid itself system calls: gets hold of what will be
 * needed then, if it leaves no trace. */
void alck_recorder_prepare(struct alck_thread *t);

#endif
