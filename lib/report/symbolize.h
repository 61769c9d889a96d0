/* SPDX-License-Identifier: MIT */
/*
 * Names and lines for the addresses of a report, by libdwfl.  Offline, not
 * signal-safe; nothing is fetched from the network.
 *
 * A module's file is the one at the path in the report when its build ID is
 * the one in the report, else the one that /usr/lib/debug/.build-id has for
 * that build ID.  A file with another build ID is never used: wrong names are
 * worse than none.  Only modules that some stack touches are opened.
 */
#ifndef ALCK_REPORT_SYMBOLIZE_H
#define ALCK_REPORT_SYMBOLIZE_H

#include <stddef.h>
#include <stdint.h>

#include "report/model.h"

/* One line of a stack.  An address at which functions were inlined gives
 * several with the same PC, the innermost first, all but the last INLINED. */
struct alck_frame {
	uint64_t pc;	 /* as recorded: a return address */
	uint64_t offset; /* PC minus the module's load bias */
	const struct alck_report_module *module; /* NULL: in none */
	const char *function; /* demangled; NULL when unknown */
	const char *file;     /* NULL when unknown */
	unsigned int line;    /* 0 when unknown */
	int inlined;
};

struct alck_frames {
	const struct alck_frame *frame;
	size_t count;
};

struct alck_symbolizer;

/* A symbolizer for the addresses of REPORT, which must outlive it.  DEBUG_DIR
 * is where separate debug information lies; NULL for /usr/lib/debug.  Takes
 * DEBUGINFOD_URLS out of the environment.  Returns NULL where memory is
 * refused; else it is the caller's, to alck_symbolizer_free. */
struct alck_symbolizer *alck_symbolizer_new(const struct alck_report *report,
					    const char *debug_dir);

/* Frees it, and every frame it gave out; NULL is taken. */
void alck_symbolizer_free(struct alck_symbolizer *symbolizer);

/* The frames of STACK, which was recorded by TIME (nanoseconds).  They belong
 * to SYMBOLIZER.  Where memory is refused there are none. */
struct alck_frames alck_symbolizer_stack(struct alck_symbolizer *symbolizer,
					 const struct alck_words *stack,
					 uint64_t time);

/* Sentences about modules whose names are missing, in the order met; they
 * belong to SYMBOLIZER.  Returns their number. */
size_t alck_symbolizer_notes(const struct alck_symbolizer *symbolizer,
			     const char *const **notes);

#endif
