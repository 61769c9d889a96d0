/* SPDX-License-Identifier: MIT */
/*
 * The report of the process that this one comes from: of the one that forked
 * it, of the program that it was before it became this one, or of its parent.
 * Signal-safe; under the recorder's lock.
 */
#ifndef ALCK_PRELOAD_KIN_H
#define ALCK_PRELOAD_KIN_H

#include <stddef.h>

/* Puts the name of the youngest report in FOLDER that process PID has left into
 * BUF; "" if there is none. */
void alck_kin_find(const char *folder, int pid, char *buf, size_t size);

#endif
