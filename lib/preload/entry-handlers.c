/* SPDX-License-Identifier: MIT */
/* Which handler an entry is served by: see entries.h. */
#include "preload/age-table.h"
#include "preload/entries.h"
#include "preload/page-table.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/text.h"

int alck_entry_is_last(const struct alck_provider *p)
{
	static const char *const names[] = {"glibc", "jemalloc", "tcmalloc",
					    "mimalloc"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (alck_text_equal(p->family->name, names[i]))
			return !p->hooks;
	return 0;
}

void *alck_entry_handler(const struct alck_entry *e)
{
	static void (*const by_shape[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_alloc,
		[ALCK_ALLOC_ARRAY] = alck_enter_alloc,
		[ALCK_ALLOC_ALIGNED] = alck_enter_alloc,
		[ALCK_ALLOC_OUT] = alck_enter_alloc_out,
		[ALCK_REALLOC] = alck_enter_realloc,
		[ALCK_FREE] = alck_enter_free,
		[ALCK_FREE_SIZED] = alck_enter_free,
		[ALCK_QUERY] = alck_enter_query,
		[ALCK_SATELLITE] = alck_on_noted,
	};
	static void (*const plain[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_malloc,
		[ALCK_ALLOC_ARRAY] = alck_enter_calloc,
		[ALCK_REALLOC] = alck_enter_plain_realloc,
		[ALCK_FREE] = alck_enter_plain_free,
		[ALCK_FREE_SIZED] = alck_enter_sized_free,
	};
	static void (*const hooked[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_hooked_malloc,
		[ALCK_ALLOC_ARRAY] = alck_enter_hooked_calloc,
		[ALCK_REALLOC] = alck_enter_hooked_realloc,
		[ALCK_FREE] = alck_enter_hooked_free,
	};
	static void (*const forwarding[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_forward_new,
		[ALCK_FREE] = alck_enter_forward_delete,
		[ALCK_FREE_SIZED] = alck_enter_forward_delete,
	};
	static void (*const guarded[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_guarded_malloc,
		[ALCK_ALLOC_ARRAY] = alck_enter_guarded_calloc,
		[ALCK_REALLOC] = alck_enter_guarded_realloc,
		[ALCK_FREE] = alck_enter_guarded_free,
	};

	/* What a home-made allocator answers is looked at. */
	if (e->shape == ALCK_QUERY && !e->ptr &&
	    !(e->provider->family->flags & ALCK_UNPROVEN))
		return (void *)(alck_by_page ? alck_enter_guarded_query
					     : alck_enter_plain_query);
	/* What it forwards is seen where it comes out. */
	if (alck_by_page && (e->provider->family->flags & ALCK_FORWARDER))
		return (void *)alck_enter_through;
	if (alck_by_page && e->plain && guarded[e->shape] &&
	    alck_entry_is_last(e->provider))
		return (void *)guarded[e->shape];
	if (alck_by_page)
		return (void *)by_shape[e->shape];
	/* Who hands out a block is to ask the clock. */
	if (alck_age_kept && e->shape != ALCK_FREE &&
	    e->shape != ALCK_FREE_SIZED)
		return (void *)by_shape[e->shape];
	/* The classes of blocks are looked at in each call where that is asked
	 * for; a home-made allocator proves itself in one. */
	if (e->plain && alck_runtime.options.mismatch == ALCK_MISMATCH_OFF &&
	    !(e->provider->family->flags & ALCK_UNPROVEN)) {
		void (*const *hot)(void) = e->forwards		? forwarding
					   : e->provider->hooks ? hooked
								: plain;

		if (hot[e->shape] && (e->flags & ALCK_THROWS) && !e->forwards)
			return (void *)alck_enter_throwing_malloc;
		if (hot[e->shape])
			return (void *)hot[e->shape];
	}
	return (void *)by_shape[e->shape];
}

void *alck_entry_direct(const struct alck_entry *e)
{
#define KIND(kind)                                        \
	{                                                 \
		alck_enter_##kind, (void *)alck_on_##kind \
	}
	static const struct {
		void (*enter)(void);
		void *on;
	} kinds[] = {
		KIND(malloc),	       KIND(hooked_malloc),
		KIND(calloc),	       KIND(hooked_calloc),
		KIND(plain_realloc),   KIND(hooked_realloc),
		KIND(plain_free),      KIND(hooked_free),
		KIND(guarded_malloc),  KIND(guarded_calloc),
		KIND(guarded_realloc), KIND(guarded_free),
		KIND(plain_query),     KIND(guarded_query),
	};
#undef KIND

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (e->handler == (void *)kinds[i].enter)
			return kinds[i].on;
	return e->handler;
}

void *alck_entry_placed(const struct alck_entry *e, unsigned int place)
{
	static const struct {
		void (*enter)(void);
		void *on;
	} placed[] = {
		[0] = {alck_enter_guarded_malloc, alck_on_placed_malloc},
		[1] = {alck_enter_guarded_free, alck_on_placed_free},
		[2] = {alck_enter_guarded_calloc, alck_on_placed_calloc},
		[3] = {alck_enter_guarded_realloc, alck_on_placed_realloc},
	};

	if (place >= sizeof(placed) / sizeof(placed[0]) ||
	    e->handler != (void *)placed[place].enter)
		return NULL;
	return placed[place].on;
}
