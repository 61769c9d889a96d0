/* SPDX-License-Identifier: MIT */
/*
 * The report as a file: where it goes by log_path, and how it is made and
 * written.  It is never a file that was there before, never behind a symbolic
 * link, and nobody else's to read (0600).
 * Under the recorder's lock.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_REPORT_FILE_H
#define ALCK_PRELOAD_REPORT_FILE_H

#include <stddef.h>

/* Makes a file for the report of process PID.  Returns 0, or -1 where there can
 * be none: also after chroot, where log_path means another place. */
int alck_report_file_create(int pid);

/* Appends LEN bytes.  Returns 0; or -1, with the file as long as before. */
int alck_report_file_write(const unsigned char *bytes, size_t len);

/* Puts the folder into BUF that process PID's report would go to. */
void alck_report_file_folder(int pid, char *buf, size_t size);

/* A forked child lets its parent's go. */
void alck_report_file_leave(void);

/* Its path, "" where there is none. */
const char *alck_report_file_path(void);

#endif
