/* SPDX-License-Identifier: MIT */
/* What the files of image.h share among themselves.  Offline. */
#ifndef ALCK_INSPECT_IMAGE_INTERNAL_H
#define ALCK_INSPECT_IMAGE_INTERNAL_H

#include "inspect/image.h"

/* Reads what the dynamic section leads to.  Returns NULL, or why not. */
const char *alck_image_read_dynamic(struct alck_image *image);

#endif
