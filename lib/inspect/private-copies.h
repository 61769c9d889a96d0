/* SPDX-License-Identifier: MIT */
/* Allocators that are linked into an object and not exported.  Offline. */
#ifndef ALCK_INSPECT_PRIVATE_COPIES_H
#define ALCK_INSPECT_PRIVATE_COPIES_H

#include "inspect/scene.h"

/* Adds a finding for each allocator whose symbols are in the symbol table
 * (.symtab) of an object's file and not among what it exports; of a static
 * program, for each that is in it, or that this cannot be told.  An allocator
 * that exports the standard names alone is given its family.  Of a process or
 * core the files are those with the same build ID. */
void alck_private_copies(struct alck_scene *scene);

#endif
