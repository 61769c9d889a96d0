/* SPDX-License-Identifier: MIT */
/*
 * What the ELF headers of a program file say: machine, kind, loader.
 *
 * Offline.  The file is hostile input: every offset is checked against the
 * file's size.
 */
#ifndef ALCK_INSPECT_ELF_FILE_H
#define ALCK_INSPECT_ELF_FILE_H

#include <limits.h>

enum alck_elf_status {
	ALCK_ELF_OK,
	ALCK_ELF_DAMAGED,	/* WHY says how */
	ALCK_ELF_OTHER_MACHINE, /* MACHINE says which */
	ALCK_ELF_OTHER_TYPE,	/* neither program nor shared object */
};

struct alck_elf_facts {
	const char *why;
	char machine[32];
	int is_32_bit;
	char interpreter[PATH_MAX]; /* empty: statically linked */
};

/* Reads the headers of the file FD is open on; its first four bytes are known
 * to be ELF's.  Leaves the file position alone. */
enum alck_elf_status alck_elf_read(int fd, struct alck_elf_facts *facts);

#endif
