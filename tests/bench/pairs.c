/* SPDX-License-Identifier: MIT */
/*
 * Times pairs of malloc and free, in CPU time of the threads:
 *
 *	pairs tight N [DEPTH [THREADS]]
 *			allocate and free at once
 *	pairs new N [0 [THREADS]]
 *			the same by operator new and operator delete
 *	pairs realloc N [0 [THREADS]]
 *			allocate, make larger, free
 *	pairs churn N [DEPTH [LIVE]]
 *			LIVE blocks (a million) are live; each step frees one
 *			and allocates another
 *	pairs grow N [DEPTH]
 *			allocate N blocks, then free them all
 *	pairs pass N [DEPTH [THREADS]]
 *			half of the threads (two) allocate, the others free
 *
 * with DEPTH calls between main and malloc, on varying paths.  Prints
 * nanoseconds per pair.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define THREADS_MAX 64
#define RING	    1024

static int depth;
static __thread uint64_t state = 88172645463325252u;

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

/* One thread, and for `pass' what it hands to the next one. */
struct worker {
	pthread_t thread;
	long n;
	double took;
	void *_Atomic ring[RING] __attribute__((aligned(64)));
};

static struct worker workers[THREADS_MAX];

static void *tight(void *arg)
{
	struct worker *w = arg;
	double start = cpu_time();
	long i;

	for (i = 0; i < w->n; i++) {
		uint64_t r = random_number();

		free(allocate(16 + (r & 0x1f0), r >> 20));
	}
	w->took = cpu_time() - start;
	return NULL;
}

/* What a C++ compiler makes of new and delete. */
extern void *operator_new(size_t size) __asm__("_Znwm");
extern void operator_delete(void *block) __asm__("_ZdlPv");

static void *tight_new(void *arg)
{
	struct worker *w = arg;
	double start = cpu_time();
	long i;

	for (i = 0; i < w->n; i++) {
		char *p = operator_new(16 + (random_number() & 0x1f0));

		*(volatile char *)p = 1;
		operator_delete(p);
	}
	w->took = cpu_time() - start;
	return NULL;
}

static void *tight_realloc(void *arg)
{
	struct worker *w = arg;
	double start = cpu_time();
	long i;

	for (i = 0; i < w->n; i++) {
		size_t size = 16 + (random_number() & 0x1f0);
		char *p = realloc(malloc(size), size + 64);

		if (!p)
			abort();
		*(volatile char *)p = 1;
		free(p);
	}
	w->took = cpu_time() - start;
	return NULL;
}

static void *produce(void *arg)
{
	struct worker *w = arg;
	double start = cpu_time();
	long i;

	for (i = 0; i < w->n; i++) {
		uint64_t r = random_number();
		void *p = allocate(16 + (r & 0x1f0), r >> 20);

		while (w->ring[i % RING])
			sched_yield();
		w->ring[i % RING] = p;
	}
	w->took = cpu_time() - start;
	return NULL;
}

static void *consume(void *arg)
{
	struct worker *w = arg, *from = w - 1;
	double start = cpu_time();
	void *p;
	long i;

	for (i = 0; i < w->n; i++) {
		while (!(p = from->ring[i % RING]))
			sched_yield();
		from->ring[i % RING] = NULL;
		free(p);
	}
	w->took = cpu_time() - start;
	return NULL;
}

/* Even threads do EVEN and odd ones ODD, N times together.  Returns the sum of
 * their times. */
static double in_threads(long n, int threads, void *(*even)(void *),
			 void *(*odd)(void *))
{
	double took = 0;
	int i;

	if (threads < 1 || threads > THREADS_MAX)
		abort();
	for (i = 0; i < threads; i++) {
		workers[i].n = n / threads * (even == odd ? 1 : 2);
		if (threads > 1 &&
		    pthread_create(&workers[i].thread, NULL, i % 2 ? odd : even,
				   &workers[i]))
			abort();
	}
	if (threads == 1)
		even(&workers[0]);
	for (i = 0; i < threads; i++) {
		if (threads > 1)
			pthread_join(workers[i].thread, NULL);
		took += workers[i].took;
	}
	return took;
}

static double churn(long n, long count)
{
	void **live = room_for(count);
	double start;
	long i;

	for (i = 0; i < count; i++)
		live[i] = allocate(16 + random_number() % 1009, 0);
	start = cpu_time();
	for (i = 0; i < n; i++) {
		uint64_t r = random_number();
		long at = (long)((r >> 16) % (uint64_t)count);

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
	long last = argc > 4 ? atol(argv[4]) : 0;
	double took;

	depth = argc > 3 ? atoi(argv[3]) : 0;
	if (n > 0 && !strcmp(argv[1], "tight")) {
		took = in_threads(n, last ? (int)last : 1, tight, tight);
	} else if (n > 0 && !strcmp(argv[1], "new")) {
		took = in_threads(n, last ? (int)last : 1, tight_new,
				  tight_new);
	} else if (n > 0 && !strcmp(argv[1], "realloc")) {
		took = in_threads(n, last ? (int)last : 1, tight_realloc,
				  tight_realloc);
	} else if (n > 0 && !strcmp(argv[1], "pass")) {
		took = in_threads(n, last ? (int)last : 2, produce, consume);
	} else if (n > 0 && !strcmp(argv[1], "churn")) {
		took = churn(n, last ? last : 1000000);
	} else if (n > 0 && !strcmp(argv[1], "grow")) {
		took = grow(n);
	} else {
		fputs("usage: pairs tight|new|realloc|churn|grow|pass N "
		      "[DEPTH [MORE]]\n",
		      stderr);
		return 2;
	}
	printf("%.2f\n", took / (double)n);
	return 0;
}
