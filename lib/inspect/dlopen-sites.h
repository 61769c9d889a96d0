/* SPDX-License-Identifier: MIT */
/* Calls of dlopen with RTLD_DEEPBIND, found in the code itself.  Offline. */
#ifndef ALCK_INSPECT_DLOPEN_SITES_H
#define ALCK_INSPECT_DLOPEN_SITES_H

#include "inspect/scene.h"

/* Adds a finding for each object of the scene in which a call of dlopen or
 * dlmopen has RTLD_DEEPBIND in a constant nearby.  What computes the flags is
 * not seen. */
void alck_dlopen_sites(struct alck_scene *scene);

#endif
