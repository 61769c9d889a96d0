/* SPDX-License-Identifier: MIT */
/*
 * The files behind the modules of reports: found by build ID, opened once for
 * all reports, and asked for the names of addresses.  Offline, not
 * signal-safe; nothing is fetched from the network unless that was asked for.
 *
 * A module's file is the one at the path in the report (under the system root
 * first, if one was given) when its build ID is the one in the report, else
 * the one that a debug folder has for that build ID.  A file with another build
 * ID is never used: wrong names are worse than none.
 */
#ifndef ALCK_REPORT_IMAGES_H
#define ALCK_REPORT_IMAGES_H

#include "report/model.h"

/* Where files are looked for; all zero is right for this machine. */
struct alck_debug_places {
	/* Folders with debug information, with ':' between them; NULL for those
	 * in ALLOCCHECK_DEBUG_PATH of the environment, or /usr/lib/debug. */
	const char *debug_path;
	const char *sysroot; /* of the machine that ran; NULL for this one's */
	int debuginfod;	     /* leave DEBUGINFOD_URLS in the environment */
};

struct alck_images;

/* Returns NULL where memory is refused; else it is the caller's, to
 * alck_images_free.  Takes DEBUGINFOD_URLS out of the environment unless PLACES
 * (may be NULL) say otherwise; its texts are copied. */
struct alck_images *alck_images_new(const struct alck_debug_places *places);

/* NULL is taken. */
void alck_images_free(struct alck_images *images);

enum alck_image_state {
	ALCK_IMAGE_FOUND,
	ALCK_IMAGE_MISSING, /* no file, nor debug information for it */
	ALCK_IMAGE_OTHER    /* the file is another one now */
};

struct alck_image;

/* The file of MODULE of REPORT; opened at the first call. */
struct alck_image *alck_images_find(struct alck_images *images,
				    const struct alck_report *report,
				    const struct alck_report_module *module,
				    enum alck_image_state *state);

/* A function at an address; of several that are inlined into each other the
 * innermost comes first, all but the last INLINED. */
struct alck_image_name {
	const char *function; /* demangled; NULL when unknown */
	const char *file;     /* NULL when unknown */
	unsigned int line;    /* 0 when unknown */
	int inlined;
};

/* The functions at ADDRESS (in the file's own terms) of IMAGE, at least one,
 * through NAMES; they are good until IMAGES is freed.  Returns their number, 0
 * where memory is refused. */
size_t alck_image_names(struct alck_images *images, struct alck_image *image,
			uint64_t address, const struct alck_image_name **names);

#endif
