/* SPDX-License-Identifier: MIT */
/*
 * Where ld.so finds a library: RPATH, LD_LIBRARY_PATH, RUNPATH, the cache, its
 * own folders, with $ORIGIN and the like and the folders for processors.  No
 * program is run: what is built into ld.so is read in its file.  Offline.
 */
#ifndef ALCK_INSPECT_SEARCH_H
#define ALCK_INSPECT_SEARCH_H

#include "inspect/image.h"
#include "inspect/ld-cache.h"

#define ALCK_SEARCH_DIRS 16

struct alck_search {
	struct alck_arena *arena;
	const char *library_path; /* LD_LIBRARY_PATH; NULL without */
	struct alck_ld_cache cache;
	const char *dirs[ALCK_SEARCH_DIRS]; /* built in; NULL-terminated */
	const char *lib;		    /* $LIB */
	const char *platform;		    /* $PLATFORM */
	const char *levels[4];	 /* of glibc-hwcaps; NULL-terminated */
	const char *subdirs[20]; /* tried in each folder; NULL-terminated */
};

/* Who asks for a library. */
struct alck_asker {
	const char *rpath, *runpath;	 /* or NULL */
	const char *origin;		 /* the folder it is in */
	int no_defaults;		 /* DF_1_NODEFLIB */
	const struct alck_asker *parent; /* who asked for it; or NULL */
};

/* INTERPRETER is the path of ld.so. */
void alck_search_init(struct alck_search *search, struct alck_arena *arena,
		      const char *interpreter, const char *library_path);
void alck_search_done(struct alck_search *search);

/* The path of the library that ASKER calls NAME, and in *HOW by what it was
 * found; NULL if there is none.  Both belong to the arena or are constant. */
const char *alck_search_find(const struct alck_search *search, const char *name,
			     const struct alck_asker *asker,
			     const struct alck_asker *program,
			     const char **how);

/* The folder that PATH is in, for $ORIGIN. */
const char *alck_search_origin(struct alck_arena *arena, const char *path);

/* TEXT with $ORIGIN, $LIB and $PLATFORM put in, as ASKER would have it. */
const char *alck_search_expand(const struct alck_search *search,
			       const char *text, size_t len,
			       const struct alck_asker *asker);

#endif
