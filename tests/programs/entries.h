/* SPDX-License-Identifier: MIT */
/*
 * The entry points that an allocator's library really has: the rows of its
 * family's table, looked up in the library's file.
 */
#ifndef TESTS_PROGRAMS_ENTRIES_H
#define TESTS_PROGRAMS_ENTRIES_H

#include "contract/families.h"

#define MAX_ENTRIES 200

struct entry {
	char name[64];
	const struct alck_row *row;
	unsigned long value; /* in the file: equal ones are aliases */
	void *function;
};

struct library {
	const struct alck_family *family;
	void *handle;
	int nentries;
	struct entry entries[MAX_ENTRIES];
};

/* Loads the library FILE and fills LIBRARY with the entries of the family
 * called FAMILY that FILE itself defines, each address once; the names of
 * every one with its aliases are "a,b,c" in struct entry's own order through
 * entries_aliases. */
void entries_load(struct library *library, const char *family,
		  const char *file);

/* Writes the names of ENTRY and its aliases to BUF, separated by commas. */
void entries_aliases(const struct library *library, const struct entry *entry,
		     char *buf, size_t size);

#endif
