/* SPDX-License-Identifier: MIT */
/*
 * memcpy and its like, hidden: the compiler calls them on its own, and this
 * library may not call the program's, which may not be relocated yet or may
 * belong to a sanitizer that is not initialised.  Runs anywhere.
 */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

__attribute__((visibility("hidden"))) void *
memcpy(void *restrict to, const void *restrict from, size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	while (n--)
		*d++ = *s++;
	return to;
}

__attribute__((visibility("hidden"))) void *memmove(void *to, const void *from,
						    size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	if (d <= s)
		return memcpy(to, from, n);
	while (n--)
		d[n] = s[n];
	return to;
}

__attribute__((visibility("hidden"))) void *memset(void *to, int c, size_t n)
{
	unsigned char *d = to;

	while (n--)
		*d++ = (unsigned char)c;
	return to;
}

__attribute__((visibility("hidden"))) int memcmp(const void *a, const void *b,
						 size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
