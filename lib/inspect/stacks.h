/* SPDX-License-Identifier: MIT */
/*
 * Threads as libdwfl and the notes of a core have them.  Offline.
 *
 * Stacks of a live process are the one thing that stops it: each thread, while
 * its registers and its stack's memory are read (snapshot.h).  It runs again
 * while they are walked.
 */
#ifndef ALCK_INSPECT_STACKS_H
#define ALCK_INSPECT_STACKS_H

#include "inspect/live.h"

/* Fills in FRAMES of the threads whose lock is odd, or of ALL, and how long the
 * longest stop was. */
void alck_stacks_of_process(struct alck_scene *scene, struct alck_live *live,
			    int all);
void alck_stacks_of_core(struct alck_scene *scene, struct alck_live *live,
			 int all);

/* The threads of the core at PATH, by its notes. */
void alck_core_threads(struct alck_scene *scene, struct alck_live *live,
		       const char *path);

#endif
