/* SPDX-License-Identifier: MIT */
/* The modules of a test program, found the plain way: what preload/modules.h
 * promises, for tests of what is built on it. */
#ifndef ALCK_TESTS_MODULES_DOUBLE_H
#define ALCK_TESTS_MODULES_DOUBLE_H

#include <stdint.h>

/* Looks at what is loaded now; call it at start and after dlopen or dlclose,
 * from one thread. */
void modules_double_refresh(void);

/* A module that the loader does not know, in [LOW, HIGH); and its end. */
void modules_double_add(uintptr_t low, uintptr_t high,
			const unsigned char *eh_frame_hdr);
void modules_double_retire(uintptr_t low);

#endif
