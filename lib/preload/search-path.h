/* SPDX-License-Identifier: MIT */
/*
 * How ld.so came to an object: who asked for it, by which name, and which of
 * the places that it looks in has it.
 *
 * Nothing of ld.so's own is read, which differs from version to version.  The
 * search is done again, by ld.so's rules (ld.so(8); _dl_map_object in glibc's
 * elf/dl-load.c), from the same DT_NEEDED, DT_RPATH, DT_RUNPATH and
 * environment, and its result is compared with the path that ld.so found.
 * Where it is another one the answer is "unknown".
 *
 * Under the loader's lock or before main, while the object is not yet
 * unloaded.  Makes system calls alone.
 */
#ifndef ALCK_PRELOAD_SEARCH_PATH_H
#define ALCK_PRELOAD_SEARCH_PATH_H

#include "preload/modules.h"

/* In ld.so's order; the texts are those of reports. */
#define ALCK_FOUND_BY(X)                      \
	X(UNKNOWN, "unknown")                 \
	X(PROGRAM, "program")                 \
	X(PRELOAD, "LD_PRELOAD")              \
	X(PRELOAD_FILE, "/etc/ld.so.preload") \
	X(AUDIT, "LD_AUDIT")                  \
	X(PATH, "path")                       \
	X(RPATH, "RPATH")                     \
	X(LIBRARY_PATH, "LD_LIBRARY_PATH")    \
	X(RUNPATH, "RUNPATH")                 \
	X(CACHE, "ld.so.cache")               \
	X(DEFAULT, "default")

enum alck_found_by {
#define X(id, text) ALCK_FOUND_##id,
	ALCK_FOUND_BY(X)
#undef X
		ALCK_FOUND_WAYS
};

extern const char *const alck_found_by_names[ALCK_FOUND_WAYS];

struct alck_search {
	enum alck_found_by by;
	const char *asked; /* DT_NEEDED, what dlopen was given, or an element
			    * of LD_PRELOAD; NULL if unknown.  Stays */
	const struct alck_module *asker; /* NULL: unknown, or nobody */
	/* For RPATH, LD_LIBRARY_PATH and RUNPATH: the folder as ld.so knows
	 * it, with a '/' at the end; else NULL.  Stays. */
	const char *folder;
};

/* How ld.so came to MODULE. */
void alck_search(const struct alck_module *module, struct alck_search *search);

/* Is PATH what ld.so would call the file that was asked for as NAME by ASKER,
 * which stands for the program if it is NULL? */
int alck_search_agrees(const char *name, const struct alck_module *asker,
		       const char *path);

/* Calls VISIT for each DT_NEEDED of MODULE until it returns non-zero, and
 * returns that, or 0. */
int alck_search_needed(const struct alck_module *module,
		       int (*visit)(const char *name, void *data), void *data);

/* The same for each folder of a list, in its order, with a '/' at the end:
 * BY is RPATH, RUNPATH (MODULE's own) or LIBRARY_PATH. */
int alck_search_folders(const struct alck_module *module, enum alck_found_by by,
			int (*visit)(const char *folder, void *data),
			void *data);

#endif
