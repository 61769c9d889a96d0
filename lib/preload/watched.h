/* SPDX-License-Identifier: MIT */
/*
 * Functions that are noted when they are called: what loads objects, and what
 * forks.  They are entered by a jump (alck_on_noted in thunks-*.S), so they see
 * the program as their caller; some by a call (alck_on_returning).
 */
#ifndef ALCK_PRELOAD_WATCHED_H
#define ALCK_PRELOAD_WATCHED_H

#include <stdint.h>

#include "preload/entries.h"
#include "preload/modules.h"
#include "preload/providers.h"
#include "preload/unwind.h"

/* A call under way of a function whose return is watched too.  It lies in the
 * frame of alck_on_returning (thunks-*.S knows its size). */
struct alck_watched_call {
	const struct alck_entry *entry;
	uint64_t began;		 /* see alck_time */
	struct alck_frame frame; /* the caller's */
	int pid;
	uint8_t skip, quiet; /* nothing is to be done, or said, at the end */
	uintptr_t args[6];   /* as they came in registers; not at the end */
};

struct alck_watched {
	const char *name;
	/* Called with the arguments as they came in registers (those past the
	 * function's own are whatever was in there) and the caller's frame.
	 * The function is entered with what is in ARGS afterwards. */
	void (*note)(const struct alck_entry *e, uintptr_t *args,
		     const struct alck_frame *frame);
	int (*wanted)(void); /* NULL: always */
	/* Instead of NOTE, for functions that are called and not jumped to, so
	 * that we are there when they return: never those that look at their
	 * caller. */
	void (*begin)(struct alck_watched_call *call);
	void (*end)(const struct alck_watched_call *call, uintptr_t result);
	/* The handler; NULL: alck_on_returning with BEGIN, else
	 * alck_on_noted. */
	void (*handler)(void);
};

/* The handler for calls of WATCHED. */
void *alck_watched_handler(const struct alck_watched *watched);

extern const struct alck_watched alck_watched[];
extern const unsigned int alck_nwatched;

/* Which of MODULE's functions are to be watched: those of a libc, or of a part
 * of it of its own (libdl, libpthread); or the calls for memory alone, which an
 * allocator may bring with it for everybody (gperftools does). */
enum alck_watch { ALCK_WATCH_NONE, ALCK_WATCH_ALL, ALCK_WATCH_MAPS };
enum alck_watch alck_watched_in(const struct alck_module *module);

/* Is WATCHED one of those calls? */
int alck_watched_maps(const struct alck_watched *watched);

/* From alck_on_noted: the program calls E. */
void alck_note(const struct alck_entry *e, uintptr_t *args, uintptr_t pc,
	       uintptr_t sp, uintptr_t fp) ALCK_HIDDEN;

/* From alck_on_returning: the program calls CALL's entry; it returned RESULT.
 */
void alck_note_call(struct alck_watched_call *call) ALCK_HIDDEN;
void alck_note_return(const struct alck_watched_call *call,
		      uintptr_t result) ALCK_HIDDEN;

#endif
