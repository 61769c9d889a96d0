/* SPDX-License-Identifier: MIT */
/*
 * Text without libc: comparing names, composing short lines.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_TEXT_H
#define ALCK_PRELOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>

static inline int alck_text_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static inline size_t alck_text_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* Does S begin with PREFIX? */
static inline int alck_text_begins(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return 0;
	return 1;
}

/* What follows the last '/' of PATH. */
static inline const char *alck_text_base(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/')
			base = path + 1;
	return base;
}

/* A line under construction; what does not fit is cut off, and BUF always
 * ends with a NUL. */
struct alck_text {
	char *buf;
	size_t size, used;
};

void alck_text_begin(struct alck_text *t, char *buf, size_t size);
void alck_text_add(struct alck_text *t, const char *s);
void alck_text_add_bytes(struct alck_text *t, const char *s, size_t n);
void alck_text_add_number(struct alck_text *t, uint64_t n);
void alck_text_add_hex(struct alck_text *t, uint64_t n);

#endif
