/* SPDX-License-Identifier: MIT */
/*
 * /etc/ld.so.cache, which ldconfig makes and ld.so looks names up in.  Makes
 * system calls alone; the file is not trusted.
 */
#ifndef ALCK_PRELOAD_LD_CACHE_H
#define ALCK_PRELOAD_LD_CACHE_H

/* Does the cache give PATH for the library called NAME (on some processor)? */
int alck_ld_cache_has(const char *name, const char *path);

#endif
