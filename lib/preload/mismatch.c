/* SPDX-License-Identifier: MIT */
/* The wrong function of the right allocator: see mismatch.h. */
#include "preload/finding.h"
#include "preload/mismatch.h"
#include "preload/stack-depot.h"
#include "preload/text.h"

/* Where several entries are one address and calls come by a detour of it, which
 * of them was called is not known. */
static int is_ambiguous(const struct alck_entry *e)
{
	if (!e->reach)
		return 0;
	for (uint32_t i = 1; i < ALCK_ENTRIES_MAX; i++) {
		const struct alck_entry *other = &alck_entries[i];

		if (other->real == e->real && other != e &&
		    other->provider == e->provider && other->api != e->api)
			return 1;
	}
	return 0;
}

static int is_aligned(const struct alck_entry *e)
{
	const char *name = e->name;

	while (*name && !alck_text_begins(name, "St11align_val_t"))
		name++;
	return *name != 0;
}

static int is_wrong(const struct alck_entry *alloc,
		    const struct alck_entry *release,
		    const struct alck_block *was, uint64_t given)
{
	if (alloc->api != release->api)
		return 1;
	if (release->shape == ALCK_FREE_SIZED && given && was->size_exact &&
	    given != was->size)
		return 1;
	/* malloc's kin are freed alike, aligned or not. */
	return alloc->api != ALCK_API_C &&
	       is_aligned(alloc) != is_aligned(release);
}

void alck_mismatch_check(struct alck_entry *e, uintptr_t block,
			 const struct alck_block *was, uint64_t given,
			 const struct alck_frame *frame)
{
	const struct alck_entry *alloc;
	struct alck_context c;

	if (!was->context || e->standard < 0 ||
	    alck_depot_context_get(was->context, &c) || !c.entry || c.previous)
		return;
	alloc = &alck_entries[c.entry];
	/* strdup is malloc's kin, where an allocator has its own. */
	if ((alloc->standard < 0 && alloc->api != ALCK_API_C) ||
	    !is_wrong(alloc, e, was, given) || is_ambiguous(alloc) ||
	    is_ambiguous(e))
		return;
	alck_finding_mismatch(e, block, was, given, frame);
}
