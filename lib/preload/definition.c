/* SPDX-License-Identifier: MIT */
/* Where a module defines a function: see definition.h.  Signal-safe. */
#include "preload/definition.h"
#include "preload/elf-lookup.h"
#include "preload/symtab.h"

static int note(const struct alck_module *m, ElfW(Sym) * s, int hidden,
		void *data)
{
	struct alck_definition *d = data;

	/* A version that the loader would not give to a newcomer counts where
	 * there is no other (libc's cfree, libc_malloc_debug's malloc). */
	if (ELF64_ST_TYPE(s->st_info) == STT_FUNC && (!d->address || !hidden)) {
		d->address = m->bias + s->st_value;
		d->size = s->st_size;
		d->is_linked =
			m->symbolic ||
			ELF64_ST_VISIBILITY(s->st_other) == STV_PROTECTED;
	}
	return 0;
}

int alck_definition_find(const struct alck_module *m, const char *name,
			 struct alck_definition *d)
{
	const struct alck_symbol *symbol;

	*d = (struct alck_definition){0};
	alck_elf_each(m, name, note, d);
	symbol = d->address ? NULL : alck_symtab_find(name);
	if (symbol)
		*d = (struct alck_definition){
			.address = symbol->address,
			.size = symbol->size,
			.is_private = 1,
		};
	return d->address != 0;
}
