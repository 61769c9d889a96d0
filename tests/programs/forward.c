/* SPDX-License-Identifier: MIT */
/*
 * A wrapper around malloc, to be preloaded: it owns nothing.  It hands every
 * call to the next definition, as tracers do; with HEADER it puts a header of
 * its own before each block, as checkers do, and is the owner then.  With
 * FORWARD=busy malloc allocates for itself, too, behind the block that it
 * returns: what it frees at once, and what it keeps.
 */
#include <dlfcn.h>
#include <stdint.h>

#include "common.h"

#ifdef HEADER
#define ROOM 32
#else
#define ROOM 0
#endif

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

/* dlsym may allocate while the next definitions are being looked up. */
static char early[4096] __attribute__((aligned(16)));
static size_t early_used;

static void *early_block(size_t size)
{
	void *p = early + early_used;

	early_used += (size + 15) & ~15ul;
	must(early_used <= sizeof(early));
	return p;
}

static int is_early(const void *p)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)early;

	return at >= from && at < from + sizeof(early);
}

__attribute__((constructor)) static void begin(void)
{
	static int begun;

	if (begun++)
		return;
	*(void **)&next_free = dlsym(RTLD_NEXT, "free");
	*(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
	must(next_malloc && next_calloc && next_realloc && next_free);
}

static void be_busy(void)
{
	static void *kept[64];
	static unsigned int n;
	const char *how = getenv("FORWARD");

	if (!how || strcmp(how, "busy"))
		return;
	if (n % 2) {
		next_free(kept[n % 64]);
		kept[n % 64] = next_malloc(20);
	}
	n++;
	next_free(next_malloc(30));
}

EXPORT void *malloc(size_t size)
{
	char *p;

	if (!next_malloc)
		begin();
	if (!next_malloc)
		return early_block(size);
	p = next_malloc(size + ROOM);
	be_busy();
	return p ? p + ROOM : NULL;
}

EXPORT void *calloc(size_t count, size_t size)
{
	char *p;

	if (!next_malloc)
		begin();
	if (!next_malloc)
		return early_block(count * size);
	if (!ROOM)
		return next_calloc(count, size);
	if (size && count > (SIZE_MAX - ROOM) / size)
		return NULL;
	p = next_calloc(1, count * size + ROOM);
	return p ? p + ROOM : NULL;
}

EXPORT void free(void *p)
{
	if (!p || is_early(p))
		return;
	next_free((char *)p - ROOM);
	__asm__ volatile("");
}

EXPORT void *realloc(void *p, size_t size)
{
	char *q;

	if (!p)
		return malloc(size);
	if (is_early(p)) {
		q = malloc(size);
		if (q)
			memcpy(q, p, size);
		return q;
	}
	q = next_realloc((char *)p - ROOM, size + ROOM);
	return q ? q + ROOM : NULL;
}
