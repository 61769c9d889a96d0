/* SPDX-License-Identifier: MIT */
/*
 * The objects of a scene as libdwfl's modules.  Offline.
 *
 * Their files are those that a process has, which may have another root than
 * we, or that a core was found to have had; where a file is gone, what is
 * mapped of it tells the unwind rules and the exported names.  libdwfl itself
 * would take whatever is at the same path.
 */
#ifndef ALCK_INSPECT_STACK_MODULES_H
#define ALCK_INSPECT_STACK_MODULES_H

#include <elfutils/libdwfl.h>

#include "inspect/scene.h"

/* To be given to dwfl_end before the scene is done; NULL where it cannot be,
 * and dwfl_errmsg tells why. */
Dwfl *alck_stack_modules(struct alck_scene *scene);

#endif
