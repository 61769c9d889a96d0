/* SPDX-License-Identifier: MIT */
/*
 * Times pairs of malloc and free, in CPU time of the thread:
 *
 *	pairs tight N [DEPTH]   allocate and free at once
 *	pairs churn N [DEPTH]   a million blocks live; each step frees one and
 *	                        allocates another
 *	pairs grow N [DEPTH]    allocate N blocks, then free them all
 *
 * with DEPTH calls between main and malloc, on varying paths.  Prints
 * nanoseconds per pair.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define LIVE 1000000

static int depth;
static uint64_t state = 88172645463325252u;

static uint64_t random_number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Two functions that call each other by the bits of WAY, so that there are
 * many stacks.  What follows the call keeps it from being a jump. */
__attribute__((noinline)) static void *left(size_t size, int d, uint64_t way);

__attribute__((noinline)) static void *right(size_t size, int d, uint64_t way)
{
	void *p;

	if (!d)
		p = malloc(size);
	else if (way & 1)
		p = left(size, d - 1, way >> 1);
	else
		p = right(size, d - 1, way >> 1);
	__asm__ volatile("" : "+r"(p));
	return p;
}

__attribute__((noinline)) static void *left(size_t size, int d, uint64_t way)
{
	char room[48];
	void *p;

	__asm__ volatile("" : : "r"(room) : "memory");
	p = right(size, d > 0 ? d - 1 : 0, way);
	__asm__ volatile("" : "+r"(p));
	return p;
}

static void *allocate(size_t size, uint64_t way)
{
	/* Six bits: some dozens of paths, as in a loop of a program. */
	char *p = right(size, depth, way & 63);

	if (!p)
		abort();
	*(volatile char *)p = 1;
	return p;
}

static void **room_for(long n)
{
	void **p = mmap(NULL, (size_t)n * sizeof(*p), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static double tight(long n)
{
	double start = cpu_time();
	long i;

	for (i = 0; i < n; i++) {
		uint64_t r = random_number();

		free(allocate(16 + (r & 0x1f0), r >> 20));
	}
	return cpu_time() - start;
}

static double churn(long n)
{
	void **live = room_for(LIVE);
	double start;
	long i;

	for (i = 0; i < LIVE; i++)
		live[i] = allocate(16 + random_number() % 1009, 0);
	start = cpu_time();
	for (i = 0; i < n; i++) {
		uint64_t r = random_number();
		long at = (long)((r >> 16) % LIVE);

		free(live[at]);
		live[at] = allocate(16 + (r & 0xffff) % 1009, r >> 40);
	}
	return cpu_time() - start;
}

static double grow(long n)
{
	void **live = room_for(n);
	double start = cpu_time();
	long i;

	for (i = 0; i < n; i++) {
		uint64_t r = random_number();

		live[i] = allocate(16 + (r & 0xff), r >> 20);
	}
	for (i = 0; i < n; i++)
		free(live[i]);
	return cpu_time() - start;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;
	double took;

	depth = argc > 3 ? atoi(argv[3]) : 0;
	if (n > 0 && !strcmp(argv[1], "tight")) {
		took = tight(n);
	} else if (n > 0 && !strcmp(argv[1], "churn")) {
		took = churn(n);
	} else if (n > 0 && !strcmp(argv[1], "grow")) {
		took = grow(n);
	} else {
		fputs("usage: pairs tight|churn|grow N [DEPTH]\n", stderr);
		return 2;
	}
	printf("%.2f\n", took / (double)n);
	return 0;
}
