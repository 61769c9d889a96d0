/* SPDX-License-Identifier: MIT */
/*
 * Memory that is let go all at once: what a report or a symbolizer keeps.
 * Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_ARENA_H
#define ALCK_REPORT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct alck_arena_chunk;

struct alck_arena {
	struct alck_arena_chunk *chunks;
	size_t used;  /* bytes taken from the system */
	size_t limit; /* and how many it may be; 0 for no limit */
};

/* LEN zeroed bytes, aligned for any object; NULL where the limit or the
 * system refuses.  They belong to ARENA. */
void *alck_arena_alloc(struct alck_arena *arena, size_t len);

/* A copy of LEN bytes with a NUL behind it; NULL as above. */
char *alck_arena_text(struct alck_arena *arena, const void *bytes, size_t len);

/* As printf into a text of its own; NULL as above. */
char *alck_arena_printf(struct alck_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *alck_arena_vprintf(struct alck_arena *arena, const char *format,
			 va_list args) __attribute__((format(printf, 2, 0)));

/* Lets everything go; ARENA is empty and usable afterwards. */
void alck_arena_free(struct alck_arena *arena);

#endif
