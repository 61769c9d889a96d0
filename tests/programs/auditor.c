/* SPDX-License-Identifier: MIT */
/*
 * An auditor for LD_AUDIT: it lives in a namespace of its own, with a libc of
 * its own, and allocates at each object and at each binding.  With
 * AUDITOR_BLOCK in the environment it leaves the address of one of its blocks
 * in the file of that name, for the program to free.
 */
#include <link.h>
#include <stdint.h>

#include "common.h"

static char *seen;

static void keep(const char *what)
{
	char *text;

	must(asprintf(&text, "%.1000s %s", seen ? seen : "", what) > 0);
	free(seen);
	seen = text;
}

EXPORT unsigned int la_version(unsigned int version)
{
	return version;
}

EXPORT unsigned int la_objopen(struct link_map *map, Lmid_t id,
			       uintptr_t *cookie)
{
	(void)id;
	(void)cookie;
	keep(map->l_name);
	return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

EXPORT uintptr_t la_symbind64(ElfW(Sym) * symbol, unsigned int index,
			      uintptr_t *from, uintptr_t *to,
			      unsigned int *flags, const char *name)
{
	(void)index;
	(void)from;
	(void)to;
	(void)flags;
	keep(name);
	return symbol->st_value;
}

NOINLINE static char *auditor_alloc(void)
{
	return opaque(strcpy(malloc(100), "the auditor's"));
}

/* Before the program's constructors. */
EXPORT void la_preinit(uintptr_t *cookie)
{
	const char *file = getenv("AUDITOR_BLOCK");
	FILE *f = file ? fopen(file, "w") : NULL;

	(void)cookie;
	if (f) {
		fprintf(f, "%p\n", (void *)auditor_alloc());
		fclose(f);
	}
}
