/* SPDX-License-Identifier: MIT */
/*
 * The files that a core leaves out of itself: what was mapped from them and not
 * changed is read there.  Offline.
 *
 * A file is the one that was mapped when the core has its first page, where the
 * build ID stands, and the two are the same.  Where the core has no such pages
 * (coredump_filter without bit 4) the file at the same path is taken when all
 * that the core does have of it fits: where its segments lie, its dynamic
 * section, its relocated constants; and when it has not been changed since.
 * That is likely, and said; whatever does not fit is not read.
 */
#ifndef ALCK_INSPECT_CORE_FILES_H
#define ALCK_INSPECT_CORE_FILES_H

#include <time.h>

#include "inspect/memory-internal.h"

struct alck_core_files;

/* Of the core MEMORY, whose mappings are complete; OWN copies what the core
 * itself has at ADDR, and returns how much.  WRITTEN is when it was written.
 * Returns NULL without memory. */
struct alck_core_files *
alck_core_files_new(struct alck_memory *memory,
		    size_t (*own)(struct alck_memory *memory, uint64_t addr,
				  void *buf, size_t len),
		    const struct alck_core_places *places,
		    struct timespec written);
void alck_core_files_free(struct alck_core_files *files);

/* The file that was mapped under PATH, or -1.  It stays FILES'. */
int alck_core_files_find(struct alck_core_files *files, const char *path);

/* Those that were looked for. */
size_t alck_core_files_list(const struct alck_core_files *files,
			    const struct alck_memory_file **list);

#endif
