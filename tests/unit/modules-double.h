/* SPDX-License-Identifier: MIT */
/* The modules of a test program, found the plain way: what preload/modules.h
 * promises, for tests of what is built on it. */
#ifndef ALCK_TESTS_MODULES_DOUBLE_H
#define ALCK_TESTS_MODULES_DOUBLE_H

/* Looks at what is loaded now; call it at start and after dlopen or dlclose,
 * from one thread. */
void modules_double_refresh(void);

#endif
