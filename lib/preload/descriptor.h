/* SPDX-License-Identifier: MIT */
/*
 * A descriptor of ours in a process that closes what it did not open, and puts
 * its own files there: what it is open on is noted, and looked at again before
 * each use.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_DESCRIPTOR_H
#define ALCK_PRELOAD_DESCRIPTOR_H

#include <stdint.h>

struct alck_descriptor {
	int fd; /* -1: none */
	uint64_t device, inode;
};

/* Takes LOW over: close-on-exec, above what select() reaches for and what
 * programs count on getting next, where there is room.  Returns 0, or -1 with
 * LOW closed. */
int alck_descriptor_take(struct alck_descriptor *d, int low);

/* Is it still open on what it was? */
int alck_descriptor_is_ours(const struct alck_descriptor *d);

/* Closes it, if it is; there is none afterwards. */
void alck_descriptor_close(struct alck_descriptor *d);

#endif
