/* SPDX-License-Identifier: MIT */
/*
 * What an object's calls are bound to: read from its relocated slots.
 * For findings; walks the relocations of whole modules.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_BINDING_H
#define ALCK_PRELOAD_BINDING_H

#include "preload/modules.h"
#include "preload/providers.h"

/* Calls VISIT for every slot of MODULE that a symbol fills (calls, function
 * pointers) and, with OWN_POINTERS, for those that point into the module
 * itself; NAME is NULL for the latter.  Stops when VISIT returns non-zero, and
 * returns that. */
int alck_binding_each(const struct alck_module *module, int own_pointers,
		      int (*visit)(const struct alck_module *module,
				   uintptr_t *slot, const char *name,
				   void *data),
		      void *data);

/* Is MODULE bound to E? */
int alck_binding_has(const struct alck_module *module,
		     const struct alck_entry *e);

/* Finds the slots of MODULE's calls of the names in enum alck_bound_call.
 * Under the loader's lock, or for a module that was there at the start. */
void alck_binding_note(struct alck_module *module);

/* Looks at those slots again: which providers they reach by now.  The slots of
 * a lazily bound object are filled by its first calls.  LOCKED: under the
 * loader's lock, so that nobody unloads it meanwhile.  Returns 1 when that is
 * not what it was. */
int alck_binding_look(struct alck_module *module, int locked);

/* The same for all modules; the changed ones are recorded anew. */
void alck_binding_look_all(int locked);

/* An object that is bound deep to E. */
struct alck_deep {
	const struct alck_module *module;
	/* It is not the one that the return address lies in: it left by a tail
	 * call and is the only object bound so. */
	int tail_call;
};

/* Was the call of E that returns to PC made by an object that is bound to
 * another provider than the global scope has for that name?  Fills in DEEP
 * (module NULL where several could have been it) and returns 1, or returns
 * 0. */
int alck_binding_deep(const struct alck_entry *e, uintptr_t pc,
		      struct alck_deep *deep);

#endif
