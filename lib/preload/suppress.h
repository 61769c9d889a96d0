/* SPDX-License-Identifier: MIT */
/*
 * Suppressions, inside the process: what on_error=abort goes on for, and what
 * stderr=1 does not print.  The rules are those of the option suppressions;
 * they are applied for showing by the reader, which knows more.
 *
 * What is known here of a function is what its module exports.  A rule that
 * names another one fits by its module: it is better to go on, and to have it
 * in the report, than to stop a program for what the reader would not show.
 * Signal-safe.
 */
#ifndef ALCK_PRELOAD_SUPPRESS_H
#define ALCK_PRELOAD_SUPPRESS_H

#include "contract/suppression.h"
#include "preload/fault.h"

#define ALCK_SUPPRESS_PLACE 320

/* Reads the files that the option names, if anything here goes by them.  Once,
 * at the start. */
void alck_suppress_start(void);

/* Says on stderr which of them could not be read. */
void alck_suppress_say(void);

/* How well a rule fits F; PLACE becomes "FILE:LINE". */
enum alck_fit alck_suppress_find(const struct alck_fault *f,
				 char place[ALCK_SUPPRESS_PLACE]);

#endif
