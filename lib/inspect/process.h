/* SPDX-License-Identifier: MIT */
/*
 * The objects of a process, live or left in a core, as ld.so's lists and the
 * mappings have them.  Offline; reads memory and writes none.
 */
#ifndef ALCK_INSPECT_PROCESS_H
#define ALCK_INSPECT_PROCESS_H

#include "inspect/memory.h"
#include "inspect/scene.h"

/* Fills SCENE, which is to be bound, from MEMORY, which becomes the scene's in
 * any case.  Returns NULL, or a sentence on why not. */
const char *alck_process_objects(struct alck_scene *scene,
				 struct alck_memory *memory);

#endif
