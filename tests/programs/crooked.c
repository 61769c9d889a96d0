/* SPDX-License-Identifier: MIT */
/*
 * An interposer that does not keep malloc's promises: a header of eight bytes
 * before each block, and memalign without its alignment.  CROOKED=straight
 * makes the header 16 bytes and memalign right.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>

#include "common.h"

static char *pool;
static size_t used;

static void *take(size_t size, size_t alignment)
{
	const char *way = getenv("CROOKED");
	size_t head = way && !strcmp(way, "straight") ? 16 : 8, at;

	if (head == 8)
		alignment = 16;
	if (!pool)
		pool = mmap(NULL, 64ul << 20, PROT_READ | PROT_WRITE,
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
	return take(count * size, 16);
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
	return 0;
}
