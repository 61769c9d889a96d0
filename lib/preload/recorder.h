/* SPDX-License-Identifier: MIT */
/*
 * The report file: opened when there is something to say, one for each
 * process image, each record written whole by one write(2), so that what
 * happened survives whatever becomes of the process.
 *
 * The descriptor is high and close-on-exec; before each use it is checked to
 * be still ours, as programs close what they did not open.  One thread writes
 * at a time; a forked child takes over the parent's lock and opens a file of
 * its own.  Signal-safe, under the reentrancy guard.
 */
#ifndef ALCK_PRELOAD_RECORDER_H
#define ALCK_PRELOAD_RECORDER_H

#include "contract/record.h"
#include "preload/thread.h"

/* Takes the recorder and opens the report if that has not been done: with the
 * process, its modules, providers and events so far.  Returns a writer with a
 * record of TYPE begun, or NULL where no report can be written (nothing is
 * taken then). */
struct alck_record_writer *alck_recorder_begin(struct alck_thread *t,
					       enum alck_record_type type);

/* Writes the record and begins one of TYPE, the recorder still taken. */
void alck_recorder_next(struct alck_record_writer *w,
			enum alck_record_type type);

/* Writes the record and lets the recorder go.  Returns 0, or -1 when it could
 * not be written. */
int alck_recorder_end(struct alck_thread *t, struct alck_record_writer *w);

/* Opens the report though there is nothing to say yet. */
void alck_recorder_open(struct alck_thread *t);

/* Where a report is open: writes what has come since the last record. */
void alck_recorder_flush(struct alck_thread *t);

/* Is this process's report open? */
int alck_recorder_is_open(void);

/* Where it is, or where it would be; "" until known. */
const char *alck_recorder_path(void);

#endif
