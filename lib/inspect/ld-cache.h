/* SPDX-License-Identifier: MIT */
/*
 * /etc/ld.so.cache, which ldconfig makes and ld.so reads.  Offline.  The file
 * is hostile input: every offset is checked.
 */
#ifndef ALCK_INSPECT_LD_CACHE_H
#define ALCK_INSPECT_LD_CACHE_H

#include <stddef.h>

struct alck_ld_cache {
	char *bytes; /* NULL: there is none, or one that is not understood */
	size_t len;
};

void alck_ld_cache_open(struct alck_ld_cache *cache, const char *path);
void alck_ld_cache_close(struct alck_ld_cache *cache);

/* The path of library NAME for this machine, or NULL.  LEVELS are the names of
 * the processor's glibc-hwcaps, best first, NULL-terminated. */
const char *alck_ld_cache_find(const struct alck_ld_cache *cache,
			       const char *name, const char *const *levels);

#endif
