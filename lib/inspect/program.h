/* SPDX-License-Identifier: MIT */
/*
 * Can this program be observed?  Looks at a program file before it is run:
 * the preload library gets into dynamically linked programs of this machine
 * and of glibc alone, and the loader drops it where a program gains rights.
 *
 * Runs in the launcher; may use libc and malloc.  The file is hostile input:
 * nothing is read past its end.
 */
#ifndef ALCK_INSPECT_PROGRAM_H
#define ALCK_INSPECT_PROGRAM_H

#include <limits.h>
#include <stddef.h>

enum alck_program_state {
	ALCK_PROGRAM_OK,
	/* It cannot be run at all. */
	ALCK_PROGRAM_MISSING,
	ALCK_PROGRAM_DIRECTORY,
	ALCK_PROGRAM_NO_PERMISSION,
	ALCK_PROGRAM_DAMAGED,	     /* says it is ELF, and is not whole */
	ALCK_PROGRAM_NOT_A_PROGRAM,  /* an object file, a core */
	ALCK_PROGRAM_NO_INTERPRETER, /* its #! line or loader is not there */
	ALCK_PROGRAM_TOO_DEEP,	     /* #! lines that lead to scripts */
	/* It can be run, but not observed. */
	ALCK_PROGRAM_STATIC,
	ALCK_PROGRAM_SET_ID,
	ALCK_PROGRAM_CAPABILITIES,
	ALCK_PROGRAM_32_BIT,
	ALCK_PROGRAM_OTHER_MACHINE,
	ALCK_PROGRAM_OTHER_LIBC,
	ALCK_PROGRAM_STATES
};

struct alck_program {
	enum alck_program_state state;
	char file[PATH_MAX];   /* as it was asked for, found in PATH */
	char object[PATH_MAX]; /* what STATE speaks of: FILE itself, or the
				* interpreter that FILE leads to */
	char detail[PATH_MAX]; /* the machine, the loader, ... */
};

/* Looks for NAME as execvp does and at what it finds.  Always fills P;
 * returns its state. */
enum alck_program_state alck_program_inspect(const char *name,
					     struct alck_program *p);

/* The program can be run, but the preload library cannot get into it. */
int alck_program_unobservable(enum alck_program_state state);

/* What P's state means and what to do about it: one sentence without a full
 * stop, or an empty string for ALCK_PROGRAM_OK.  Returns BUF. */
const char *alck_program_explain(const struct alck_program *p, char *buf,
				 size_t size);

#endif
