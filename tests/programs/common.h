/* SPDX-License-Identifier: MIT */
/*
 * What the test programs share.  NOINLINE keeps a function as a frame of its
 * own, with a name that a test can look for in a stack.
 */
#ifndef TESTS_PROGRAMS_COMMON_H
#define TESTS_PROGRAMS_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))
#define EXPORT	 __attribute__((visibility("default")))

/* Keeps the compiler from knowing where a pointer came from: it would warn of
 * the faults that these programs are made of, or leave them out. */
static inline void *opaque(const void *p)
{
	void *q = (void *)p;

	__asm__ volatile("" : "+r"(q));
	return q;
}

#define die(...)                              \
	do {                                  \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr);          \
		exit(3);                      \
	} while (0)

/* Fails the program, with status 3, when a check does not hold. */
#define must(condition)                                                    \
	do {                                                               \
		if (!(condition))                                          \
			die("%s:%d: %s does not hold", __FILE__, __LINE__, \
			    #condition);                                   \
	} while (0)

#endif
