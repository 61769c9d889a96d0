/* SPDX-License-Identifier: MIT */
/* The symbol tables in the file of an object, with what no dynamic linker looks
 * at.  Offline; the file is hostile input, which libelf reads. */
#ifndef ALCK_INSPECT_FILE_SYMBOLS_H
#define ALCK_INSPECT_FILE_SYMBOLS_H

#include <gelf.h>

#include "inspect/scene.h"

/* Calls VISIT for each symbol that OBJECT's file defines in a table of TYPE,
 * SHT_SYMTAB or SHT_DYNSYM.  Of a process or core the file counts only if it
 * has the object's build ID (or, without, its first page): it may be another
 * one by now.  Returns how many
 * such tables there are. */
int alck_file_symbols(const struct alck_scene *scene,
		      const struct alck_object *object, uint32_t type,
		      void (*visit)(const char *name, const GElf_Sym *symbol,
				    void *data),
		      void *data);

#endif
