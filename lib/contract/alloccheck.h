/* SPDX-License-Identifier: MIT */
/*
 * What a program, or a test harness, can ask alloccheck while it runs under it.
 *
 * Nothing is linked: the functions are weak references, which are there when
 * alloccheck's preload library is in the process and else are not.  Ask
 * alloccheck_is_here() before the first call.
 *
 *	if (alloccheck_is_here())
 *		alloccheck_note("the plugin is about to be unloaded");
 *
 * All of them may be called by any thread, in a signal handler and in a forked
 * child; none of them allocates, takes a lock for longer than a write, or
 * changes errno.  C and C++, gcc and clang.
 */
#ifndef ALLOCCHECK_H
#define ALLOCCHECK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library itself says otherwise. */
#ifndef ALLOCCHECK_DECLARE
#define ALLOCCHECK_DECLARE __attribute__((weak))
#define ALLOCCHECK_WEAK	   1
#endif

/* What is known of a block.  More members may come behind those here. */
struct alloccheck_block {
	const void *begin; /* the address that the allocator returned */
	size_t size;	   /* as it was asked for; 0 where SIZE_KNOWN is 0 */
	int size_known;
	int live;		  /* 0: it was freed, and not given out again */
	const char *allocator;	  /* "jemalloc"; stays */
	const char *file;	  /* of the allocator's object; stays */
	const char *allocated_by; /* "malloc"; NULL where not known; stays */
	unsigned int thread;	  /* that allocated it: 1 is the first one that
				   * was seen, 0 not known */
	int age_known;		  /* 0: without age=1, or with level=guard */
	unsigned long age_ms; /* milliseconds since it was handed out, up to 20
			       * too many */
};

/* Looks for the block that POINTER leads to: that begins there or, where no
 * block does, the live one it lies inside of, up to 1 MiB from its begin.
 * Fills *BLOCK, of which SIZE bytes are there (give sizeof(*block)).  Returns
 * 1, or 0 where no block is known: it was never seen, or there was no memory to
 * record it. */
int alloccheck_owner(const void *pointer, struct alloccheck_block *block,
		     size_t size) ALLOCCHECK_DECLARE;

/* The number of errors that were found in this process so far, each time
 * counted; without those that were expected. */
unsigned long alloccheck_errors(void) ALLOCCHECK_DECLARE;

/*
 * From now on until alloccheck_expected() findings of CODE ("T5"; NULL: of any)
 * are what the calling thread is made to produce: they are counted, not
 * reported, and on_error=abort does not stop the program; what becomes of the
 * block is as dispatch= says.  CODE must stay until then.  For tests that a
 * fault is seen.
 */
void alloccheck_expect(const char *code) ALLOCCHECK_DECLARE;

/* Ends that, and returns how many there were. */
unsigned int alloccheck_expected(void) ALLOCCHECK_DECLARE;

/* Writes TEXT into the timeline of the report (event "note"); it is copied, and
 * cut at 500 bytes.  Where the process has no report it waits for one. */
void alloccheck_note(const char *text) ALLOCCHECK_DECLARE;

#ifdef ALLOCCHECK_WEAK
/* Is alloccheck in this process? */
static inline int alloccheck_is_here(void)
{
	return &alloccheck_owner != NULL;
}
#endif

#ifdef __cplusplus
}
#endif

#endif
