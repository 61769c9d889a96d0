/* SPDX-License-Identifier: MIT */
/* What the two halves of images.h share: images.c finds files, image-names.c
 * asks them.  Offline. */
#ifndef ALCK_REPORT_IMAGES_INTERNAL_H
#define ALCK_REPORT_IMAGES_INTERNAL_H

#include <elfutils/libdwfl.h>

#include "report/images.h"

struct alck_named {
	uint64_t address;
	const struct alck_image_name *names;
	size_t count; /* 0: a free slot */
};

/* A file, in a session of its own at the address 0. */
struct alck_image {
	struct alck_image *next;
	struct alck_bytes build_id; /* what it is known by, or, without, */
	const char *path;
	uint64_t changed; /* when it was last written to, in seconds */
	enum alck_image_state state;
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct alck_named *named;
	size_t size, used; /* slots */
};

struct alck_images {
	struct alck_arena arena;
	struct alck_image *buckets[4096];
	size_t count;
	char *sysroot;		 /* NULL without */
	const char **debug_dirs; /* ends with NULL */
	char *debug_path;	 /* the same, for libdwfl */
	int debuginfod;
	Dwfl_Callbacks callbacks;
};

#endif
