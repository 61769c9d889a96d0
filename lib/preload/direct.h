/* SPDX-License-Identifier: MIT */
/*
 * Calls that go to an allocator's entry directly, by no slot: from inside of
 * the program or library that it is linked into.  They are seen by detours of
 * the entries, and what cannot be seen so is put into words for the report.
 *
 * Under the loader's lock, or before main.  Raw system calls only.
 */
#ifndef ALCK_PRELOAD_DIRECT_H
#define ALCK_PRELOAD_DIRECT_H

#include "preload/providers.h"

/* Puts detours into those entries of MODULE's providers that need one.  QUIET:
 * nobody can be running its code. */
void alck_direct_watch(const struct alck_module *module, int quiet);

#endif
