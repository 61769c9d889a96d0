/* SPDX-License-Identifier: MIT */
/* Memory that is let go all at once: see arena.h.  Offline. */
#include "report/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536
#define ALIGN _Alignof(max_align_t)

struct alck_arena_chunk {
	struct alck_arena_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

void *alck_arena_alloc(struct alck_arena *arena, size_t len)
{
	struct alck_arena_chunk *chunk = arena->chunks;
	size_t size;
	void *p;

	if (len > (size_t)-1 / 2)
		return NULL;
	len = (len + ALIGN - 1) & ~(ALIGN - 1);
	if (!chunk || len > chunk->size - chunk->used) {
		size = len > CHUNK ? len : CHUNK;
		if (arena->limit && size > arena->limit - arena->used)
			return NULL;
		chunk = calloc(1, sizeof(*chunk) + size);
		if (!chunk)
			return NULL;
		chunk->size = size;
		arena->used += size;
		/* A big piece has a chunk of its own, behind the one that
		 * still has room. */
		if (len >= CHUNK && arena->chunks) {
			chunk->next = arena->chunks->next;
			arena->chunks->next = chunk;
		} else {
			chunk->next = arena->chunks;
			arena->chunks = chunk;
		}
	}
	p = chunk->bytes + chunk->used;
	chunk->used += len;
	return p;
}

char *alck_arena_text(struct alck_arena *arena, const void *bytes, size_t len)
{
	char *text = alck_arena_alloc(arena, len + 1);

	if (text && len)
		memcpy(text, bytes, len);
	return text;
}

char *alck_arena_vprintf(struct alck_arena *arena, const char *format,
			 va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return NULL;
	text = alck_arena_alloc(arena, (size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *alck_arena_printf(struct alck_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = alck_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void alck_arena_free(struct alck_arena *arena)
{
	struct alck_arena_chunk *chunk = arena->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	arena->chunks = NULL;
	arena->used = 0;
}
