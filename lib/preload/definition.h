/* SPDX-License-Identifier: MIT */
/*
 * Where a module defines a function: exported or, while its file is open
 * (symtab.h), for itself.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_DEFINITION_H
#define ALCK_PRELOAD_DEFINITION_H

#include <stdint.h>

#include "preload/modules.h"

struct alck_definition {
	uintptr_t address;
	uint64_t size;	    /* in bytes, 0 if not known */
	uint8_t is_private; /* not exported */
	uint8_t is_linked; /* its own object is not bound to it by the loader */
};

/* Looks for the function NAME in MODULE.  Returns whether it is there. */
int alck_definition_find(const struct alck_module *module, const char *name,
			 struct alck_definition *definition);

#endif
