/* SPDX-License-Identifier: MIT */
/*
 * Runs code that threads share in every order in which they can take their
 * turns.
 *
 * The code is compiled with this header before it (-include), which makes
 * each atomic operation a step: the thread stops before it, and which thread
 * goes on is a branch.  A scenario of two or three threads is run once for
 * each way through all branches; of those that differ only in the order of
 * steps which have nothing to do with each other, one is enough (sleep sets,
 * as Godefroid has them).
 *
 * The steps are taken in one order, so what a processor may show of a store
 * too late is not seen directly.  Instead clocks tell what is ordered before
 * what by acquire and release alone, and it is an error when a thread reaches
 * what another one has made, and nothing orders the two.
 *
 * Each atomic operation can be spoiled: taken apart into a load and a store,
 * or without its order.  Whoever checks something must be able to see that.
 */
#ifndef TESTS_MODEL_EXPLORE_H
#define TESTS_MODEL_EXPLORE_H

#include <stddef.h>
#include <stdint.h>

enum explore_operation {
	EXPLORE_LOAD,
	EXPLORE_STORE,
	EXPLORE_EXCHANGE,
	EXPLORE_ADD,
	EXPLORE_AND,
	EXPLORE_OR,
	EXPLORE_CAS,
	EXPLORE_FORK,
};

/* One atomic operation in the source. */
struct explore_site {
	const char *file, *function;
	int line;
	enum explore_operation operation;
	int order, failure;
	uint64_t scenarios; /* that came by: one bit each */
} __attribute__((aligned(64)));

/* Takes the step and does the operation on the WIDTH bytes at P.  Returns what
 * was there.  For a compare-and-swap *EXPECTED gets that too. */
uint64_t explore_atomic(struct explore_site *site, void *p, size_t width,
			uint64_t operand, void *expected);

#define EXPLORE(what, p, operand, expected, success, fail)                  \
	({                                                                  \
		static struct explore_site site_                            \
			__attribute__((section("explore_sites"), used)) = { \
				__FILE__, __func__, __LINE__, what,         \
				success,  fail,	    0};                     \
		explore_atomic(&site_, (void *)(p), sizeof(*(p)),           \
			       (uint64_t)(operand), (void *)(expected));    \
	})
#define EXPLORE_AS(p, value) ((__typeof__(*(p) + 0))(value))

#define __atomic_load_n(p, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_LOAD, p, 0, NULL, order, 0))
#define __atomic_store_n(p, v, order) \
	((void)EXPLORE(EXPLORE_STORE, p, v, NULL, order, 0))
#define __atomic_exchange_n(p, v, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_EXCHANGE, p, v, NULL, order, 0))
#define __atomic_fetch_add(p, v, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_ADD, p, v, NULL, order, 0))
#define __atomic_add_fetch(p, v, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_ADD, p, v, NULL, order, 0) + (v))
#define __atomic_sub_fetch(p, v, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_ADD, p, -(v), NULL, order, 0) - (v))
#define __atomic_fetch_and(p, v, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_AND, p, v, NULL, order, 0))
#define __atomic_fetch_or(p, v, order) \
	EXPLORE_AS(p, EXPLORE(EXPLORE_OR, p, v, NULL, order, 0))
#define __atomic_compare_exchange_n(p, e, v, weak, success, fail) \
	((int)EXPLORE(EXPLORE_CAS, p, v, e, success, fail))

#define EXPLORE_THREADS 3

struct explore_scenario {
	const char *name;
	void (*prepare)(void); /* before there are threads; or NULL */
	void (*thread[EXPLORE_THREADS])(void);
	void (*finish)(void);	/* after all of them, for the checks */
	uint64_t address_limit; /* 0 for none */
	int refuses; /* mmap may fail: 1; mprotect: 2; mmap fails: 3 */
};

enum explore_spoiling {
	EXPLORE_SOUND,
	EXPLORE_TORN,	 /* a load, and then a store */
	EXPLORE_RELAXED, /* without its order */
};

/* Runs SCENARIO, the NUMBER-th one, in all orders, with SITE spoiled (or
 * NULL).  Returns the number of runs, or 0 with *WHY when a check failed. */
unsigned long explore(const struct explore_scenario *scenario, unsigned number,
		      struct explore_site *site, enum explore_spoiling how,
		      const char **why);

/* The steps of the run that failed, on stderr. */
void explore_show(void);

/* For scenarios.  A check that does not hold ends the run. */
#define explore_check(condition)                                   \
	do {                                                       \
		if (!(condition))                                  \
			explore_fail(#condition " does not hold"); \
	} while (0)
void explore_fail(const char *why);

/* Plain memory of the program's: RECORD is written, or read, by this thread. */
#define EXPLORE_RECORDS 64
void explore_write(unsigned record);
void explore_read(unsigned record);

/* Bytes that the kernel has given and not got back. */
uint64_t explore_mapped(void);

/* Forks.  Returns 1 in the child, where there are no other threads. */
int explore_fork(void);

extern struct explore_site __start_explore_sites[], __stop_explore_sites[];

#endif
