/* SPDX-License-Identifier: MIT */
/*
 * The plugin of engine.c: frees what it is handed, hands out what it
 * allocated, and frees what libc allocated for it.  With TAIL, plug_free
 * leaves by a jump to free, so that it is in no stack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static void *early;

/* A relocation in the data, not a call by the PLT. */
EXPORT void (*plug_pointer)(void *) = free;

__attribute__((constructor)) static void plug_begin(void)
{
	early = malloc(33);
}

__attribute__((destructor)) static void plug_end(void)
{
	free(early);
}

#ifdef TAIL
__asm__(".text\n"
	".globl plug_free\n"
	".type plug_free, @function\n"
	"plug_free:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	jmp free@PLT\n"
	"	.cfi_endproc\n"
	".size plug_free, .-plug_free\n");
#else
EXPORT NOINLINE void plug_free(void *p)
{
	free(opaque(p));
	__asm__ volatile("");
}
#endif

EXPORT NOINLINE void plug_free_by_pointer(void *p)
{
	plug_pointer(opaque(p));
	__asm__ volatile("");
}

EXPORT NOINLINE void *plug_malloc(size_t size)
{
	return opaque(malloc(size));
}

EXPORT NOINLINE void *plug_realloc(void *p, size_t size)
{
	return opaque(realloc(opaque(p), size));
}

EXPORT void plug_free(void *p);

EXPORT NOINLINE void plug_strdup(void)
{
	plug_free(strdup("a text of the plugin"));
	__asm__ volatile("");
}

EXPORT NOINLINE void plug_getline(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char *line = NULL;
	size_t size = 0;

	must(f && getline(&line, &size, f) > 0);
	plug_free(line);
	fclose(f);
}

EXPORT NOINLINE void plug_asprintf(void)
{
	char *text;

	must(asprintf(&text, "%d of %s", 7, "nine") == 9);
	plug_free(text);
	__asm__ volatile("");
}
