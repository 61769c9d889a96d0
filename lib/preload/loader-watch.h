/* SPDX-License-Identifier: MIT */
/*
 * The loader watch: a jump in place of _dl_debug_state, the empty function
 * that ld.so calls for debuggers whenever its list of objects changes
 * (r_brk in <link.h>).  So objects are taken in before their constructors run:
 * up to glibc 2.40 before they are relocated, from 2.41 on after it.
 *
 * It is left alone where a debugger has its breakpoint there or may want to,
 * and where the kernel does not let code be written.  Then the list is looked
 * at when it can be: see alck_loader_poll.
 */
#ifndef ALCK_PRELOAD_LOADER_WATCH_H
#define ALCK_PRELOAD_LOADER_WATCH_H

/* At start.  Returns NULL, or in words why there is no watch. */
const char *alck_loader_watch_install(void);

/* Where there is no watch: takes in what has come since the last call.  Called
 * before each dlopen and after each dlclose. */
void alck_loader_poll(void);

#endif
