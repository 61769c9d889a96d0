/* SPDX-License-Identifier: MIT */
/*
 * ld.so's own variables, found in ld.so itself.
 *
 * The symbols cannot be used: a program that refers to one (node does, to
 * __libc_stack_end) has a copy of it in its own data, to which ours would be
 * bound, and which is empty until the program is relocated, after us.
 */
#ifndef ALCK_PRELOAD_LOADER_H
#define ALCK_PRELOAD_LOADER_H

#include <link.h>
#include <stdint.h>

/* Finds them, given an address in ld.so's code.  Returns 0, or -1 where there
 * is no ld.so as we know it. */
int alck_loader_find(uintptr_t code);

/* The loader's lists of objects, one a namespace. */
extern const struct r_debug *alck_loader_debug;
/* The list of the namespace after R's, NULL past the last. */
const struct r_debug *alck_loader_next(const struct r_debug *r);
/* Where the kernel put argc, argv, the environment and the auxiliary vector:
 * the end of the main thread's stack. */
extern void *alck_loader_stack_end;

#endif
