/* SPDX-License-Identifier: MIT */
/*
 * An interposer that does not keep malloc's promises: a header of eight bytes
 * before each block, and memalign without its alignment.  CROOKED=straight
 * makes the header 16 bytes and memalign right; with another word there it
 * breaks that promise alone:
 *
 *	dirty   calloc's memory is not zero, of three (or nobody would start)
 *	silent  malloc and calloc say nothing of why there is no memory
 *	minus   posix_memalign returns -1 then
 *	small   malloc_usable_size says less than was asked for
 */
#include <errno.h>
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>

#include "common.h"

#define POOL (64ul << 20)

static char *pool;
static size_t used;

static int is(const char *word)
{
	const char *way = getenv("CROOKED");

	return way && !strcmp(way, word);
}

static void *take(size_t size, size_t alignment)
{
	size_t head = getenv("CROOKED") ? 16 : 8, at;

	if (size > POOL / 2) {
		if (!is("silent"))
			errno = ENOMEM;
		return NULL;
	}
	if (head == 8)
		alignment = 16;
	if (!pool)
		pool = mmap(NULL, POOL, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at = (used + head + alignment - 1) & -alignment;
	if (head == 8)
		at += 8;
	used = at + ((size + 15) & ~15ul);
	*(size_t *)(pool + at - 8) = size;
	return pool + at;
}

EXPORT void *malloc(size_t size)
{
	return take(size, 16);
}

EXPORT void *calloc(size_t count, size_t size)
{
	char *p = take(count * size, 16);

	if (p && count == 3 && size && is("dirty"))
		p[size - 1] = 1; /* of the first */
	return p;
}

EXPORT void free(void *p)
{
	(void)p;
}

EXPORT void *realloc(void *p, size_t size)
{
	char *q = take(size, 16);
	size_t old = p ? *(size_t *)((char *)p - 8) : 0;

	return old ? memcpy(q, p, old < size ? old : size) : q;
}

static void *aligned(size_t alignment, size_t size)
{
	return take(size, alignment < 16 ? 16 : alignment);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
	return aligned(alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return aligned(alignment, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	*out = aligned(alignment, size);
	return *out ? 0 : is("minus") ? -1 : ENOMEM;
}

EXPORT size_t malloc_usable_size(void *p)
{
	size_t size = p ? *(size_t *)((char *)p - 8) : 0;

	return size && is("small") ? size - 1 : size;
}
