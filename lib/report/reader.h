/* SPDX-License-Identifier: MIT */
/*
 * Reads report files.  A file is taken as hostile: it may be cut off, damaged,
 * still growing or none of ours; every record in it that is whole is given all
 * the same, and what was wrong is said.  Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_READER_H
#define ALCK_REPORT_READER_H

#include <stddef.h>

#include "report/model.h"

/* The end of a report's file name. */
#define ALCK_REPORT_SUFFIX ".alck"

/* Reads the file at PATH.  Returns a report whose problems say what was wrong
 * (a file that is not there is one, too), or NULL where there is no memory at
 * all.  The report is the caller's, to alck_report_free. */
struct alck_report *alck_reader_read(const char *path);

/* The same of LEN bytes at BYTES, which are not needed afterwards; PATH names
 * them in problems. */
struct alck_report *alck_reader_parse(const char *path,
				      const unsigned char *bytes, size_t len);

/* The reports that PATH stands for: PATH itself, or when it is a folder every
 * *.alck in it, by name.  Stores COUNT names through NAMES; array and names
 * are the caller's, to alck_reader_list_free.  Returns 0, or -1 with errno set
 * where the folder cannot be read or there is no memory. */
int alck_reader_list(const char *path, char ***names, size_t *count);

/* Frees what alck_reader_list stored; NULL is taken. */
void alck_reader_list_free(char **names, size_t count);

#endif
