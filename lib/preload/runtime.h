/* SPDX-License-Identifier: MIT */
/*
 * What the whole preload library shares: the options in force, the clock, and
 * memory for names that must stay.  Set up by lifecycle.c before anything
 * else.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_RUNTIME_H
#define ALCK_PRELOAD_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "contract/options.h"

#define alck_likely(x)	 __builtin_expect(!!(x), 1)
#define alck_unlikely(x) __builtin_expect(!!(x), 0)

struct alck_runtime {
	struct alck_options options;
	const char *options_text; /* ALLOCCHECK_OPTIONS as given, or NULL */
	/* From the stack that the kernel laid out: see lifecycle.c. */
	char *const *argv;
	int argc;
	char *const *envp;
	const unsigned long *auxv;
	uint64_t started; /* CLOCK_MONOTONIC at start, ns */
	uint64_t started_real;
	const char *cwd; /* at start, absolute; NULL when it has no name */
	uint64_t root_device, root_inode; /* of the folder / at start */
	int pid, ppid;			  /* at start */
};

extern struct alck_runtime alck_runtime;

/* Nanoseconds since the process started. */
uint64_t alck_time(void);

/* The value of auxiliary vector entry TYPE, 0 if it is not there. */
unsigned long alck_auxv(unsigned long type);

/* The value of variable NAME in the environment that the process started with,
 * or NULL. */
const char *alck_runtime_variable(const char *name);

/* What / is, for this process.  Returns 0 or -1. */
int alck_runtime_root(uint64_t *device, uint64_t *inode);

/* Memory that stays for the life of the process, for names.  Not for the hot
 * path.  NULL when the kernel refuses. */
void *alck_keep(size_t size);
/* A copy of S, or S's own "?" when there is no memory. */
const char *alck_keep_text(const char *s);
/* The same for texts that come again: one copy of each. */
const char *alck_keep_once(const char *s);

/* Prints TEXT on the program's stderr. */
void alck_say(const char *text);

#endif
