/* SPDX-License-Identifier: MIT */
/*
 * Does the preload library get into a program?  Looks at the file, as the
 * kernel would find it.  Signal-safe; opens and closes a file.
 */
#ifndef ALCK_PRELOAD_EXECUTABLE_H
#define ALCK_PRELOAD_EXECUTABLE_H

#include <stddef.h>

/* Looks for NAME in the folders of SEARCH (a PATH; NULL: NAME is a path
 * already) and puts what would be run into BUF.  Returns 0, or -1 if there is
 * nothing. */
int alck_executable_find(const char *name, const char *search, char *buf,
			 size_t size);

/* Why the library does not get into the program at PATH, in words, or NULL
 * where it does or that cannot be told. */
const char *alck_executable_keeps_out(const char *path);

#endif
