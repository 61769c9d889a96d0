/* SPDX-License-Identifier: MIT */
/*
 * What the rows of growth are made of: threads that install blocks in the
 * ownership table and take them out, which of that made the table larger, and
 * how long that took.
 */
#ifndef TESTS_BENCH_GROWTH_FIGURES_H
#define TESTS_BENCH_GROWTH_FIGURES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define MAX_THREADS 16

/* Times in nanoseconds, each known to 3 %. */
#define SPREAD_FINE  32
#define SPREAD_PARTS (40 * SPREAD_FINE)
struct spread {
	uint64_t n, sum;
	uint32_t part[SPREAD_PARTS];
};

struct worker {
	pthread_t thread;
	unsigned id;
	uint64_t random;
	long operations, failures;
	char *pages; /* fresh ones, to be written to */
	/* Of growing operations by the thread's clock and by the wall's; of
	 * the first write to a page, beside each eighth of them. */
	struct spread cpu, wall, page;
};

extern struct worker workers[MAX_THREADS];
extern unsigned threads; /* how many of them there are in this row */

uint64_t now(clockid_t clock);
uint64_t random_number(struct worker *w);

/* Memory that nobody has touched, of which none need be. */
void *room_for(size_t len);

void prepare(unsigned n);

/* Runs WORK in all threads, which begin together.  Returns seconds of CPU time,
 * of all of them. */
double run(void *(*work)(void *));

/* An install that must be there afterwards, timed where it made the table
 * larger; and the block's free. */
void install(struct worker *w, uintptr_t addr, uint64_t size);
void take(struct worker *w, uintptr_t addr);

/* Of all threads: operations, and those that failed. */
void sum_up(long *operations, long *failures);

/* What the columns are, and their heads. */
void print_growth_head(void);

/* The row NAME, of work that took SECONDS.  Returns whether what was installed
 * was there. */
int print_growth(const char *name, double seconds);

#endif
