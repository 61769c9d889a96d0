/* SPDX-License-Identifier: MIT */
/*
 * malloc and its kin on top of a jemalloc with a prefix, in the same program:
 * one allocator under two names, and whose block is freed by which of them is
 * all the same.  With BY_POINTER it is found at run time, so that no code
 * shows it.
 */
#include <stddef.h>

#include "common.h"

void *je_malloc(size_t size);
void *je_calloc(size_t count, size_t size);
void *je_realloc(void *p, size_t size);
void je_free(void *p);

#ifdef BY_POINTER
static void *(*volatile next_malloc)(size_t) = je_malloc;
static void *(*volatile next_calloc)(size_t, size_t) = je_calloc;
static void *(*volatile next_realloc)(void *, size_t) = je_realloc;
static void (*volatile next_free)(void *) = je_free;
#else
#define next_malloc  je_malloc
#define next_calloc  je_calloc
#define next_realloc je_realloc
#define next_free    je_free
#endif

EXPORT void *malloc(size_t size)
{
	return next_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	return next_calloc(count, size);
}

EXPORT void *realloc(void *p, size_t size)
{
	return next_realloc(p, size);
}

EXPORT void free(void *p)
{
	next_free(p);
}
