/* SPDX-License-Identifier: MIT */
/* Which allocator is in an object, and of which version.  Offline: nothing of
 * it is called. */
#ifndef ALCK_INSPECT_ALLOCATOR_H
#define ALCK_INSPECT_ALLOCATOR_H

#include "contract/families.h"
#include "inspect/image.h"

/* The family whose marks are among the names that IMAGE exports; NULL if it
 * exports no allocator. */
const struct alck_family *alck_allocator_of(const struct alck_image *image);

/* The version of FAMILY in IMAGE, "" if it cannot be told. */
const char *alck_allocator_version(const struct alck_image *image,
				   const struct alck_family *family);

/* Does FAMILY have the entry point in its tables? */
int alck_allocator_has_entry(const struct alck_family *family,
			     const char *name);

#endif
