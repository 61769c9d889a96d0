/* SPDX-License-Identifier: MIT */
/* The symbol tables in the file of an object, with what no dynamic linker looks
 * at, and its texts.  Offline; the file is hostile input, which libelf reads.
 */
#ifndef ALCK_INSPECT_FILE_SYMBOLS_H
#define ALCK_INSPECT_FILE_SYMBOLS_H

#include <gelf.h>

#include "inspect/scene.h"

/* Opens OBJECT's file for reading, -1 without.  Of a process or core it counts
 * only if it has the object's build ID (or, without, its first page): what is
 * at its path may be another one by now. */
int alck_file_open(const struct alck_scene *scene,
		   const struct alck_object *object);

/* Calls VISIT for each symbol in a table of TYPE, SHT_SYMTAB or SHT_DYNSYM, of
 * OBJECT's file; for what it does not define, too (SHN_UNDEF).  Returns how
 * many such tables there are. */
int alck_file_symbols(const struct alck_scene *scene,
		      const struct alck_object *object, uint32_t type,
		      void (*visit)(const char *name, const GElf_Sym *symbol,
				    void *data),
		      void *data);

/* The family of which OBJECT's file has a text in its read-only data, if it can
 * map memory; or NULL. */
const struct alck_family *alck_file_says(const struct alck_scene *scene,
					 const struct alck_object *object);

#endif
