/* SPDX-License-Identifier: MIT */
/*
 * Finding a name in a module's dynamic symbol table, without dlsym: no lock,
 * no libc, also before the module is relocated.
 */
#ifndef ALCK_PRELOAD_ELF_LOOKUP_H
#define ALCK_PRELOAD_ELF_LOOKUP_H

#include "preload/modules.h"

/* Calls VISIT for every definition of NAME (one a version) in MODULE until it
 * returns non-zero; returns that, or 0.  HIDDEN: not the default version. */
int alck_elf_each(const struct alck_module *module, const char *name,
		  int (*visit)(const struct alck_module *module,
			       ElfW(Sym) * symbol, int hidden, void *data),
		  void *data);

/* Does MODULE define the function (or object) NAME, in any version? */
int alck_elf_defines(const struct alck_module *module, const char *name);

/* Does MODULE take NAME from elsewhere? */
int alck_elf_imports(const struct alck_module *module, const char *name);

/* The address of NAME in MODULE, 0 if it is not there or not a plain
 * definition. */
uintptr_t alck_elf_address(const struct alck_module *module, const char *name);

#endif
