/* SPDX-License-Identifier: MIT */
/*
 * Maps memory for itself, in every way, and lets go of it; what malloc is
 * given in its place then is freed rightly.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"

#define LEN (8ul << 20)

static char *map(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	return p;
}

int main(void)
{
	char *p, *q;

	for (int i = 0; i < 20; i++) {
		p = map(LEN);
		must(!munmap(p, LEN / 4));
		must(!munmap(p + LEN / 2, LEN / 4));
		q = mremap(p + LEN / 4, LEN / 4, LEN, MREMAP_MAYMOVE);
		must(q != MAP_FAILED);
		must(!munmap(p + LEN * 3 / 4, LEN / 4));
		must(!munmap(q, LEN));
		/* ptmalloc maps as much, at the same place. */
		p = malloc(LEN - 8192);
		must(p);
		free(opaque(p));
		must(sbrk(4096) != (void *)-1);
		must(sbrk(-4096) != (void *)-1);
		p = malloc(60000);
		must(p);
		free(opaque(p));
	}
	puts("remap: done");
	return 0;
}
