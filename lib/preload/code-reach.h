/* SPDX-License-Identifier: MIT */
/*
 * What code functions lead to, by the calls and jumps that are written down in
 * it: two allocators that were linked into one object have nothing in common
 * but what they call in other objects, and two names of one allocator have.
 *
 * Under the loader's lock, or before main.  Raw system calls only.
 */
#ifndef ALCK_PRELOAD_CODE_REACH_H
#define ALCK_PRELOAD_CODE_REACH_H

#include <stdint.h>

#include "preload/modules.h"

/* Functions of one module. */
#define ALCK_CODE_MAX 256
struct alck_code {
	uintptr_t at[ALCK_CODE_MAX];
	unsigned int n;
};

/* libc's calls for memory, which an allocator may bring with it for all in its
 * object; who shares such shares nothing. */
#define ALCK_MAPPING_CALLS 5
extern const char *const alck_mapping_calls[ALCK_MAPPING_CALLS];

/* Do A and B, of MODULE, lead to a common instruction?  1 also where that
 * cannot be told: there is code that is not understood, or no memory.  The
 * module's symbols are looked at, too, if they are open (symtab.h). */
int alck_code_is_shared(const struct alck_module *module,
			const struct alck_code *a, const struct alck_code *b);

#endif
