/* SPDX-License-Identifier: MIT */
/*
 * Frees, in a deep-bound plugin, blocks whose size word points glibc to an
 *arena that is none:
 *
 *	arena-lock PLUGIN
 *
 * For the allocator of own-malloc.c, which leaves the eight bytes before a
 *block alone.  Nothing here may ever come to the lock: the first block makes
 *glibc abort, if it gets that far, before any with an arena is freed; the
 *arenas are in memory that cannot be written; and the process has one thread,
 *for which glibc takes no lock.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>

#include "common.h"

#define HEAP  (64ul << 20)
#define BLOCK 48

/* As glibc would read it: a large size, and that the arena is not the main
 * one. */
#define WORD 0x4444444444444444

static void (*plug_free)(void *);

/* A block that glibc's free looks for an arena of at BASE. */
static char *block_of(char **base)
{
	char *before = malloc(100ul << 20), *p = malloc(BLOCK);

	must(before && p);
	*base = (char *)(((uintptr_t)p - 16) & -HEAP);
	/* Our own memory, all of it zero. */
	must(*base >= before && p - before < 101l << 20);
	return p;
}

/* Or the compiler makes one call of them all. */
#define APART(text) __asm__ volatile("# " text)

NOINLINE void free_with(char *p, uint64_t word)
{
	memcpy(p - 8, &word, sizeof(word));
	plug_free(p);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	void *plugin =
		argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND) : NULL;
	uint32_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t arenas[5];
	char *p, *base;
	int i;

	must(plugin && page != MAP_FAILED);
	*(void **)&plug_free = dlsym(plugin, "plug_free");
	must(plug_free);
	memset(page, 'x', 4096);
	page[16] = 0;
	must(!mprotect(page, 4096, PROT_READ));
	arenas[0] = (uintptr_t)page + 62;  /* crosses a cache line */
	arenas[1] = (uintptr_t)page + 128; /* a lock that is held */
	arenas[2] = (uintptr_t)page + 64;  /* one that is not */
	arenas[3] = 0x4141414141414141;	   /* no address */
	arenas[4] = 0;			   /* nothing there */

	p = block_of(&base);
	free_with(p, 0);
	for (i = 0; i < 5; i++) {
		memcpy(base, &arenas[i], 8);
		p = malloc(BLOCK);
		must(p && (char *)(((uintptr_t)p - 16) & -HEAP) == base);
		switch (i) { /* a finding each, by its line */
		case 0:
			free_with(p, WORD);
			APART("1");
			break;
		case 1:
			free_with(p, WORD);
			APART("2");
			break;
		case 2:
			free_with(p, WORD);
			APART("3");
			break;
		case 3:
			free_with(p, WORD);
			APART("4");
			break;
		default:
			free_with(p, WORD);
			APART("5");
			break;
		}
	}
	puts("arena-lock: still alive");
	return 0;
}
