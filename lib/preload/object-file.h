/* SPDX-License-Identifier: MIT */
/*
 * A library's file that is not loaded: which build it is and what it calls
 * itself.  Makes system calls alone; the file is not trusted.
 */
#ifndef ALCK_PRELOAD_OBJECT_FILE_H
#define ALCK_PRELOAD_OBJECT_FILE_H

#include <stdint.h>

struct alck_object_file {
	uint64_t device, inode, size;
	unsigned char build_id[32];
	uint32_t build_id_len; /* 0: it has none */
	char soname[256];      /* "": it has none */
};

/* Reads the file at PATH.  Returns 0, or -1 when it is no library of this
 * machine. */
int alck_object_file_read(const char *path, struct alck_object_file *file);

/* Device, inode and size alone, of any file; returns 0 or -1. */
int alck_object_file_stat(const char *path, struct alck_object_file *file);

#endif
