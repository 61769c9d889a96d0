/* SPDX-License-Identifier: MIT */
/* The code of a cross-allocator free: see verdict.h.  Pure, signal-safe. */
#include "contract/verdict.h"

/* The entry that was called is missing from the allocator in force, so the
 * global scope gave it to another provider, or has it only in a version that
 * none but old callers ask for, like libc's cfree (T5, T6). */
static int is_missing(const struct alck_side *side, int in_force)
{
	return side->standard && side->provider != in_force && !side->late &&
	       (side->global == side->provider || !side->global);
}

/* Two of one kind.  Of what is not known by name, only if the files have one
 * name. */
static int are_copies(const struct alck_facts *f)
{
	return f->alloc.family == f->free.family &&
	       (!(f->alloc.family->flags & ALCK_UNPROVEN) || f->same_name);
}

/* An object's own allocator, that is not the one of the global scope: not
 * exported, or bound when the object was linked. */
static int is_apart(const struct alck_side *side)
{
	return side->is_private ||
	       (side->is_linked && side->global != side->provider);
}

enum alck_code alck_verdict(const struct alck_facts *f)
{
	const struct alck_side *a = &f->alloc, *r = &f->free;

	if (a->family->flags & ALCK_LOADER)
		return ALCK_T10;
	if ((r->family->flags & ALCK_TOLERANT) || f->free_tolerates)
		return ALCK_T19;
	if (a->unloaded)
		return ALCK_T17;
	if (f->via == ALCK_VIA_RESCUE)
		return ALCK_T12;
	if (f->via == ALCK_VIA_WINDOW)
		return ALCK_T13;
	if (a->name_space != r->name_space)
		return ALCK_T11;
	if (f->rebound)
		return ALCK_T18;
	if (a->api == ALCK_API_LIBC || r->api == ALCK_API_LIBC)
		return ALCK_T15;
	if (are_copies(f) && !a->deep && !r->deep && !is_apart(a) &&
	    !is_apart(r))
		return ALCK_T8;
	if (a->api == ALCK_API_NATIVE || r->api == ALCK_API_NATIVE)
		return ALCK_T4;
	if (a->is_private || r->is_private)
		return ALCK_T3;
	if (a->deep || r->deep)
		return r->deep && a->caller_is_libc ? ALCK_T1b : ALCK_T1;
	if (is_apart(a) || is_apart(r))
		return ALCK_T2;
	if (f->free_is_query ? is_missing(r, f->global_malloc)
			     : is_missing(a, f->global_malloc))
		return ALCK_T5;
	if (is_missing(r, f->global_free))
		return ALCK_T6;
	if (a->late || r->late)
		return ALCK_T9;
	return ALCK_T7;
}
