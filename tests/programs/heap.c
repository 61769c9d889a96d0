/* SPDX-License-Identifier: MIT */
/*
 * A heap to weigh what is kept beside it:
 *
 *	heap MEAN COUNT ROUNDS [SMALL]
 *
 * holds COUNT blocks of MEAN bytes, from half to one and a half of that, or of
 * SMALL and of twice MEAN bytes, some of these and then some of those; and then
 * ROUNDS times replaces each.  Prints how many bytes are live, by how many
 * what is resident has grown for them, and by how many in the rounds.
 */
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common.h"

static long mean, count, small;
static uint64_t state = 88172645463325252u;

static uint64_t random_number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static long resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long all, pages;

	must(f && fscanf(f, "%ld %ld", &all, &pages) == 2);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static long size_of(long i)
{
	if (!small)
		return mean / 2 + i % (mean + 1);
	return (uint32_t)i * 2654435761u >> 31 ? small : 2 * mean;
}

/* The same sizes each time, in another order. */
static void replace(char **blocks, long i)
{
	long size = size_of(i);

	free(blocks[i]);
	blocks[i] = malloc((size_t)size);
	must(blocks[i]);
	memset(blocks[i], 1, (size_t)size);
}

int main(int argc, char **argv)
{
	long live = 0, before, filled, i;
	char **blocks;

	/* A huge page is resident where only a part of it is used. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (argc < 4)
		die("usage: heap MEAN COUNT ROUNDS [SMALL]");
	mean = atol(argv[1]);
	count = atol(argv[2]);
	small = argc > 4 ? atol(argv[4]) : 0;
	blocks = calloc((size_t)count, sizeof(*blocks));
	must(blocks);
	memset(blocks, 0, (size_t)count * sizeof(*blocks));
	before = resident();
	for (i = 0; i < count; i++) {
		replace(blocks, i);
		live += size_of(i);
	}
	filled = resident();
	for (i = 0; i < count * atol(argv[3]); i++)
		replace(blocks, (long)(random_number() % (uint64_t)count));
	printf("%ld %ld %ld\n", live, filled - before, resident() - filled);
	return 0;
}
