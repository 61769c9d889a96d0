/* SPDX-License-Identifier: MIT */
/*
 * Blocks that an allocator handed out to others and that nobody freed to the
 * end, though it was unloaded meanwhile (T17b).
 */
#ifndef ALCK_PRELOAD_LEFT_BEHIND_H
#define ALCK_PRELOAD_LEFT_BEHIND_H

/* Reports them.  When the process ends. */
void alck_left_behind_report(void);

#endif
