/* SPDX-License-Identifier: MIT */
/*
 * The options, as values: what ALLOCCHECK_OPTIONS and the command line say.
 * The rows are in options.def.
 *
 * alck_options_parse and the table run anywhere (in the preload library
 * before libc is relocated): no libc call, no allocation.
 */
#ifndef ALCK_CONTRACT_OPTIONS_H
#define ALCK_CONTRACT_OPTIONS_H

#include <stddef.h>

#define ALCK_OPTION_TEXT_MAX 1024

enum alck_on_error { ALCK_ON_ERROR_LOG, ALCK_ON_ERROR_ABORT };
enum alck_dispatch {
	ALCK_DISPATCH_OWNER,
	ALCK_DISPATCH_LEAK,
	ALCK_DISPATCH_CALLER
};
enum alck_level { ALCK_LEVEL_GUARD, ALCK_LEVEL_CALLER, ALCK_LEVEL_FULL };
/* Of stacks and free_stacks. */
enum alck_stacks {
	ALCK_STACKS_LEVEL,
	ALCK_STACKS_FULL,
	ALCK_STACKS_CALLER,
	ALCK_STACKS_NONE,
	ALCK_STACKS_VERIFY
};
enum alck_deepbind {
	ALCK_DEEPBIND_KEEP,
	ALCK_DEEPBIND_STRIP,
	ALCK_DEEPBIND_DENY
};
enum alck_mismatch { ALCK_MISMATCH_OFF, ALCK_MISMATCH_API };
enum alck_hook_watch { ALCK_HOOK_WATCH_SAMPLE, ALCK_HOOK_WATCH_HARDWARE };
enum alck_unobservable { ALCK_UNOBSERVABLE_REFUSE, ALCK_UNOBSERVABLE_RUN };
enum alck_unwinder {
	ALCK_UNWINDER_CFI,
	ALCK_UNWINDER_LIBUNWIND,
	ALCK_UNWINDER_FP
};

/* One member a row; a CHOICE is the index of its word, which the enums above
 * name. */
struct alck_options {
#define CHOICE(name, def, words, help)	  int name;
#define NUMBER(name, def, min, max, help) int name;
#define FLAG(name, def, help)		  int name;
#define TEXT(name, def, help)		  char name[ALCK_OPTION_TEXT_MAX];
/* A newline behind each but the last. */
#define LIST(name, help) char name[ALCK_OPTION_TEXT_MAX];
#include "contract/options.def"
#undef CHOICE
#undef NUMBER
#undef FLAG
#undef TEXT
#undef LIST
};

enum alck_option_kind {
	ALCK_OPTION_CHOICE,
	ALCK_OPTION_NUMBER,
	ALCK_OPTION_FLAG,
	ALCK_OPTION_TEXT,
	ALCK_OPTION_LIST
};

struct alck_option_row {
	const char *name;
	enum alck_option_kind kind;
	const char *words; /* CHOICE: "a|b|c" */
	const char *def;   /* the default, as text */
	int min, max;	   /* NUMBER */
	const char *help;
	size_t offset; /* of its member in struct alck_options */
};

extern const struct alck_option_row alck_option_rows[];
extern const unsigned int alck_noption_rows;

enum alck_option_status {
	ALCK_OPTION_OK,
	ALCK_OPTION_UNKNOWN,   /* no option of that name */
	ALCK_OPTION_BAD_VALUE, /* not one of the words, not in the range */
	ALCK_OPTION_NO_VALUE,  /* no '=', and not a FLAG */
	ALCK_OPTION_TOO_LONG,
};

/* The option that could not be read, for the one sentence to the user.  NAME
 * and VALUE point into the text that was parsed. */
struct alck_option_error {
	enum alck_option_status status;
	const char *name, *value;
	size_t name_len, value_len;
	const struct alck_option_row *row; /* NULL when UNKNOWN */
};

/* Sets every member of OPTIONS to its default. */
void alck_options_default(struct alck_options *options);

/* Sets the option NAME (NAME_LEN bytes; '-' counts as '_') to VALUE, taken as
 * it is: "\:" is an escape in ALLOCCHECK_OPTIONS alone. */
enum alck_option_status alck_options_set(struct alck_options *options,
					 const char *name, size_t name_len,
					 const char *value, size_t value_len);

/* Reads TEXT, "k=v:k=v".  Later ones win; what cannot be read is skipped and
 * the first such is put into ERROR (may be NULL).  Returns the number of
 * options that could not be read. */
int alck_options_parse(struct alck_options *options, const char *text,
		       struct alck_option_error *error);

/* Writes the value of ROW in OPTIONS to BUF as text; returns its length as
 * snprintf does. */
size_t alck_option_format(const struct alck_options *options,
			  const struct alck_option_row *row, char *buf,
			  size_t size);

/* The row called NAME ('-' counts as '_'), or NULL. */
const struct alck_option_row *alck_option_find(const char *name,
					       size_t name_len);

#endif
