/* SPDX-License-Identifier: MIT */
/*
 * The way to the launcher, for where no file can exist: a connection to the
 * socket that ALLOCCHECK_LAUNCHER names.  Its name is no path, so neither
 * chroot, nor other rights, nor a limit on files stands in the way.
 *
 * One packet for each record; the first one says who we are (contract/
 * channel.h).  Under the recorder's lock.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_CHANNEL_H
#define ALCK_PRELOAD_CHANNEL_H

#include <stddef.h>

/* Connects to the launcher, unless that is done.  Returns 0, or -1 where there
 * is none (any more). */
int alck_channel_open(void);

/* Sends LEN bytes.  Returns 0 or -1. */
int alck_channel_write(const unsigned char *bytes, size_t len);

/* A forked child lets its parent's go. */
void alck_channel_leave(void);

/* The launcher's process ID, 0 without. */
int alck_channel_launcher(void);

#endif
