/* SPDX-License-Identifier: MIT */
/* What the ways of reading memory share: see memory.h.  Offline. */
#ifndef ALCK_INSPECT_MEMORY_INTERNAL_H
#define ALCK_INSPECT_MEMORY_INTERNAL_H

#include <limits.h>

#include "inspect/memory.h"

struct alck_memory_ops {
	/* As alck_memory_read_some; may give less than there is, but not 0. */
	size_t (*read)(struct alck_memory *memory, uint64_t addr, void *buf,
		       size_t len);
	/* How many of the LEN bytes at ADDR, the begin of a page that is no
	 * file's, were all touched, which is told by *TOUCHED, or all never.
	 * NULL: it cannot tell. */
	size_t (*run)(struct alck_memory *memory, uint64_t addr, size_t len,
		      int *touched);
	int (*open)(struct alck_memory *memory, const char *path);
	size_t (*files)(const struct alck_memory *memory,
			const struct alck_memory_file **files);
	const char *(*changed)(struct alck_memory *memory);
	void (*close)(struct alck_memory *memory);
};

/* The first member of what each way keeps. */
struct alck_memory {
	const struct alck_memory_ops *ops;
	struct alck_mapping *mappings; /* by address; paths are malloc's */
	size_t nmappings, room;
	uint64_t *auxv; /* pairs */
	size_t nauxv;
	pid_t pid;
	int signal;
	int is_live;
	uint64_t written;
	char exe[PATH_MAX];
};

/* Adds a mapping whose PATH is copied.  Returns it, or NULL without memory. */
struct alck_mapping *alck_memory_add(struct alck_memory *memory, uint64_t low,
				     uint64_t high, uint64_t offset,
				     const char *path);

/* After the last one: puts them in order. */
void alck_memory_sort(struct alck_memory *memory);

#endif
