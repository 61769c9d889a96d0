/* SPDX-License-Identifier: MIT */
/*
 * Which allocators a module defines, by the names in it.
 *
 * Most have one.  Where several are linked into one object each is known by
 * names of its own (je_malloc, mi_malloc); the standard ones, of which there
 * can be one set only, are those of one of them or of another allocator.  They
 * are told apart only where it is seen that their code is: else all that is
 * there is taken for one allocator.
 *
 * Under the loader's lock, or before main.  Raw system calls only.
 */
#ifndef ALCK_PRELOAD_RECOGNISE_H
#define ALCK_PRELOAD_RECOGNISE_H

#include <stdint.h>

#include "contract/families.h"
#include "preload/definition.h"
#include "preload/modules.h"

#define ALCK_INSTANCES_MAX 4 /* allocators in one module */

/* One of them, and which names it has. */
struct alck_instance {
	const struct alck_family *family;
	/* What stands before all of its own names; NULL: any of the family's
	 * prefixes. */
	const char *prefix;
	uint8_t is_standard; /* malloc and its kin are its, too */
};

/* The allocators of MODULE: fills in FOUND and returns how many.  Opens its
 * file where that can tell more, for the caller to close (symtab.h) when it has
 * the names. */
unsigned int
alck_recognise(const struct alck_module *module,
	       struct alck_instance found[static ALCK_INSTANCES_MAX]);

/* Calls VISIT for each name of INSTANCE that MODULE defines.  IS_BARE: it has
 * no prefix. */
void alck_instance_each(
	const struct alck_instance *instance, const struct alck_module *module,
	void (*visit)(const struct alck_row *row, const char *name, int is_bare,
		      const struct alck_definition *definition, void *data),
	void *data);

/* Are A and B the same kind of allocator under the same names? */
int alck_instance_equal(const struct alck_instance *a,
			const struct alck_instance *b);

#endif
