/* SPDX-License-Identifier: MIT */
/*
 * The wrong copy of the right allocator: an object asks for it by name, a
 * folder that was searched for that object's sake has it, and ld.so took
 * another build of it from elsewhere (T8b).  Said when it is loaded, before
 * any block has gone wrong.
 *
 * The folder is one that somebody has named: in the object's own RPATH or
 * RUNPATH, or in LD_LIBRARY_PATH where that came first.  Its file has the name
 * that was asked for, or has it as its soname and is called otherwise, which
 * is why ld.so passed it by.  The same build, at another place, is no wrong
 * copy.
 */
#ifndef ALCK_PRELOAD_WRONG_COPY_H
#define ALCK_PRELOAD_WRONG_COPY_H

#include "preload/providers.h"

/* Reports what MODULE, which is new, has been given, and what dlopen has found
 * if that is MODULE.  Under the loader's lock or before main; not before libc
 * is relocated. */
void alck_wrong_copy_check(const struct alck_module *module);

#endif
