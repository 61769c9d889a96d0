/* SPDX-License-Identifier: MIT */
/*
 * Names and lines for the addresses of a report: the stacks of one report
 * through the files of images.h.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_SYMBOLIZE_H
#define ALCK_REPORT_SYMBOLIZE_H

#include <stddef.h>
#include <stdint.h>

#include "report/images.h"
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

/* A symbolizer for the addresses of REPORT by the files of IMAGES; both must
 * outlive it.  Without IMAGES, NULL, it looks on this machine.  Returns NULL
 * where memory is refused; else it is the caller's, to
 * alck_symbolizer_free. */
struct alck_symbolizer *alck_symbolizer_new(const struct alck_report *report,
					    struct alck_images *images);

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
