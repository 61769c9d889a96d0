/* SPDX-License-Identifier: MIT */
/*
 * Allocators without names, in a module that is stripped or calls its functions
 * otherwise: what of them shows from outside.  That is the memory that the
 * module maps for itself, blocks in there that turn up elsewhere, and the texts
 * that it carries.  What such a one is given is never seen; so the report's
 * coverage names it.
 *
 * Raw system calls only; signal-safe.
 */
#ifndef ALCK_PRELOAD_HIDING_H
#define ALCK_PRELOAD_HIDING_H

#include "preload/modules.h"
#include "preload/text.h"

/* How it is known of a module; 0: it is not. */
enum alck_hides {
	ALCK_HIDES_PERHAPS = 1, /* it maps memory, and a crash was in it */
	ALCK_HIDES_BY_STRINGS,	/* it has an allocator's, and maps memory */
	ALCK_HIDES_A_BLOCK,	/* a block of it reached somebody's free */
};

/* Is M to be looked at?  Not what is a known allocator and nothing else: where
 * such a one calls its own, that is noted. */
int alck_hiding_may(const struct alck_module *m);

/* A block of it has turned up. */
void alck_hiding_found(struct alck_module *m);

/* Looks for those that have not shown otherwise: a report is being ended or,
 * with LATE_ALONE, what has come by dlopen may go.  Takes up to a millisecond,
 * once, for each megabyte of who maps memory and has 4 MiB at most: of a larger
 * one only what shows otherwise is told, or `alloccheck scan' of its file. */
void alck_hiding_look(int late_alone);

/* The process dies of what is on this stack of N return addresses. */
void alck_hiding_suspect(const uint64_t *pcs, unsigned int n);

/* What is to be said of M, which hides one, as a part of a sentence. */
void alck_hiding_tell(const struct alck_module *m, struct alck_text *t);

#endif
