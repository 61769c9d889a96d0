/* SPDX-License-Identifier: MIT */
/*
 * The full symbol table (.symtab) of a module, read from its file: it names
 * what is linked into the module and not exported.  Only names that some
 * allocator family has are kept.
 *
 * One module at a time, under the loader's lock or before main.  Raw system
 * calls only.
 */
#ifndef ALCK_PRELOAD_SYMTAB_H
#define ALCK_PRELOAD_SYMTAB_H

#include <stdint.h>

#include "preload/modules.h"

struct alck_symbol {
	uintptr_t address;
	uint64_t size;
};

enum alck_symtab_status {
	ALCK_SYMTAB_READ,
	ALCK_SYMTAB_STRIPPED, /* the file has none */
	ALCK_SYMTAB_NO_FILE,  /* not to be read, or not what is mapped */
};

/* Looks through MODULE's file.  alck_symtab_close lets go of what was found,
 * after ALCK_SYMTAB_READ. */
enum alck_symtab_status alck_symtab_open(const struct alck_module *module);
void alck_symtab_close(void);

/* The function called NAME in the module that is open; NULL where it is not
 * there, several are, or no module is open. */
const struct alck_symbol *alck_symtab_find(const char *name);

#endif
