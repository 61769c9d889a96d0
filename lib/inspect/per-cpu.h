/* SPDX-License-Identifier: MIT */
/*
 * Allocators with a cache for each processor, and processors that they do not
 * know of.  Offline.
 *
 * Such an allocator counts the processors once, and then finds a thread's cache
 * by the number of the processor it runs on.  Where one comes later with a
 * higher number, that leads behind the table.
 */
#ifndef ALCK_INSPECT_PER_CPU_H
#define ALCK_INSPECT_PER_CPU_H

#include "inspect/live.h"

/* Adds a finding for each such allocator of the program or process that has met
 * or may meet a processor it does not know of.  The kernel's lists are read
 * below ROOT, "" for this machine's. */
void alck_per_cpu_judge(struct alck_scene *scene, const struct alck_live *live,
			const char *root);

#endif
