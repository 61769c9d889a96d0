/* SPDX-License-Identifier: MIT */
/*
 * Option deepbind: what becomes of RTLD_DEEPBIND in a dlopen of the program.
 *
 * dlopen itself is entered by a jump, with the program as its caller, whose
 * RUNPATH it then searches: so all that is done is to change its arguments.
 */
#ifndef ALCK_PRELOAD_DEEPBIND_H
#define ALCK_PRELOAD_DEEPBIND_H

#include <stdint.h>

/* The program loads FILE with MODE: changes both as the option says.  Notes in
 * the timeline what it did. */
void alck_deepbind_apply(uintptr_t *file, uintptr_t *mode);

#endif
