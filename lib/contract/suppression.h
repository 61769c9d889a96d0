/* SPDX-License-Identifier: MIT */
/*
 * Suppressions: rules for findings that are known and not to be shown.  The
 * language, and whether a rule fits a finding; doc/SUPPRESSIONS is for users.
 *
 *   T1b owner=jemalloc freer=glibc free=plugin.so!plug_release
 *
 *   { the same, in a block, which has a name
 *      T1b
 *      free=plugin.so!*
 *      free=...
 *      free=python3!main
 *   }
 *
 * Pure: no allocation, no libc call; a rule is slices of the text that it
 * stands in.  So the reader and the preload library go by the same code: what
 * the one does not show the other does not stop for.
 */
#ifndef ALCK_CONTRACT_SUPPRESSION_H
#define ALCK_CONTRACT_SUPPRESSION_H

#include <stddef.h>

/* Of one rule; a frame is an item. */
#define ALCK_SUPPRESSION_ITEMS 40

struct alck_slice {
	const char *text;
	size_t len;
};

enum alck_suppression_key {
	ALCK_SUPPRESS_CODE, /* of the finding, or its slug */
	ALCK_SUPPRESS_OWNER,
	ALCK_SUPPRESS_FREER,
	ALCK_SUPPRESS_API,  /* the entry that was called */
	ALCK_SUPPRESS_FREE, /* the next frame of the deallocation stack */
	ALCK_SUPPRESS_ALLOC /* and of the allocation stack */
};

struct alck_suppression {
	struct alck_slice name; /* of a block; empty without one */
	struct alck_slice text; /* the whole rule */
	unsigned int line;	/* on which it begins, from 1 */
	unsigned int nitems;
	struct {
		enum alck_suppression_key key;
		struct alck_slice value;
	} items[ALCK_SUPPRESSION_ITEMS];
};

/* Where in a text of rules one is. */
struct alck_suppression_reader {
	const char *text;
	size_t len, position;
	unsigned int line;
	/* After a mistake: what it is, in words, on which line and in which
	 * word. */
	const char *mistake;
	unsigned int mistake_line;
	struct alck_slice mistake_word;
};

/* Begins at the start of TEXT (LEN bytes, any). */
void alck_suppression_begin(struct alck_suppression_reader *reader,
			    const char *text, size_t len);

/* Reads the next rule into RULE.  Returns 1; 0 at the end; -1 where the next
 * one has a mistake: it is passed over, and the one behind it comes next. */
int alck_suppression_next(struct alck_suppression_reader *reader,
			  struct alck_suppression *rule);

/* Does TEXT (LEN bytes) fit PATTERN, in which '*' stands for any characters
 * and '?' for one? */
int alck_glob(struct alck_slice pattern, const char *text, size_t len);

/* How well something fits. */
enum alck_fit {
	ALCK_FIT_NO,
	ALCK_FIT_YES,
	ALCK_FIT_MODULE /* by its module; its function cannot be told */
};

/* What can be suppressed: a finding, with its texts (NULL: not known).  The
 * owner and the freer go by family or by file name, each. */
struct alck_suppressible {
	const char *code, *slug, *api;
	const char *owner[2], *freer[2];
	/* How many frames has the allocation stack (ALLOC), or that of the
	 * deallocation?  So many of them, from the innermost, may be the
	 * allocators' own: SKIP, 0 before the call. */
	unsigned int (*frames)(void *data, int alloc, unsigned int *skip);
	/* How does the frame INDEX (0 is the innermost) of it fit MODULE and
	 * FUNCTION, which is empty for any? */
	enum alck_fit (*frame)(void *data, int alloc, unsigned int index,
			       struct alck_slice module,
			       struct alck_slice function);
	void *data;
};

/* Does RULE fit?  ALCK_FIT_MODULE where it may, as far as can be told. */
enum alck_fit alck_suppression_fits(const struct alck_suppression *rule,
				    const struct alck_suppressible *finding);

#endif
