/* SPDX-License-Identifier: MIT */
/* Rows of growth whose blocks are those of an allocator. */
#ifndef TESTS_BENCH_GROWTH_HEAPS_H
#define TESTS_BENCH_GROWTH_HEAPS_H

struct heap {
	const char *name;
	const char *library;  /* that its malloc is in */
	const char *preload;  /* the same, or NULL for libc's */
	const char *tunables; /* of libc's, or NULL */
};

/* Ends with one that has no name. */
extern const struct heap heaps[];

/* The row of HEAP with N threads and so many BLOCKS of all together, in this
 * process, which has its malloc.  Returns the exit status. */
int heap_row(const struct heap *heap, unsigned n, long blocks);

/* The same in a process that gets it first; does not return. */
_Noreturn void exec_heap_row(const struct heap *heap, unsigned n, long blocks);

#endif
