/* SPDX-License-Identifier: MIT */
/*
 * The names that a scan looks for in symbol tables: every entry point of every
 * family, what families are recognised by, malloc hooks, dlopen, and the
 * functions of libc that return memory for free().  Each has a number, so that
 * an object's symbols are looked at once.
 *
 * Offline.  The table is made on first use and never changes.
 */
#ifndef ALCK_INSPECT_NAMES_H
#define ALCK_INSPECT_NAMES_H

#include "contract/families.h"

enum alck_name_kind {
	ALCK_NAME_ENTRY = 1,  /* an entry point: ROW and API are set */
	ALCK_NAME_MARK = 2,   /* tells a family */
	ALCK_NAME_HOOK = 4,   /* __malloc_hook and its like */
	ALCK_NAME_GIVES = 8,  /* returns memory of the program's malloc */
	ALCK_NAME_LOADS = 16, /* dlopen, dlmopen */
};

/* The columns of the binding matrix: the C names, as alck_rows_c has them;
 * then what shares a column. */
#define ALCK_COLUMN_C 14
enum alck_column {
	ALCK_COLUMN_MALLOC,
	ALCK_COLUMN_FREE,
	ALCK_COLUMN_NEW = ALCK_COLUMN_C, /* operator new and new[] */
	ALCK_COLUMN_DELETE,
	ALCK_COLUMN_LIBC,      /* __libc_malloc, ... */
	ALCK_COLUMN_NATIVE,    /* mallocx, tc_malloc, ... */
	ALCK_COLUMN_SATELLITE, /* malloc_trim, ... */
	ALCK_COLUMNS
};

struct alck_name {
	const char *text;
	unsigned int kinds; /* of enum alck_name_kind */
	const struct alck_row *row;
	enum alck_api api;
	enum alck_column column;
};

/* They are numbered from 0 up to this; the C names come first, each with the
 * number of its column. */
unsigned int alck_names_count(void);
const struct alck_name *alck_name(unsigned int id);
/* The number of TEXT, or -1. */
int alck_name_find(const char *text);

/* As it stands over a column. */
const char *alck_column_title(enum alck_column column);

/* Does the entry hand out memory (realloc too); does it take it back? */
int alck_name_allocates(const struct alck_name *name);
int alck_name_frees(const struct alck_name *name);

#endif
