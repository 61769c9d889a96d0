/* SPDX-License-Identifier: MIT */
/* Which handler an entry is served by: see entries.h. */
#include "preload/age-table.h"
#include "preload/capture.h"
#include "preload/entries.h"
#include "preload/page-table.h"
#include "preload/passing.h"
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

int alck_entry_leads_on(const struct alck_entry *e)
{
	const struct alck_provider *p = e->provider;
	int is_operator =
		e->api == ALCK_API_NEW || e->api == ALCK_API_NEW_ARRAY;

	if (p->layered)
		return 1;
	/* The operators of the known allocators are at free's own address, or a
	 * jump (passing.h). */
	if (e->shape == ALCK_FREE)
		return is_operator && p->free && e->real != p->free->real;
	if (p->family->flags & ALCK_LEADS_ON)
		return is_operator || e->shape == ALCK_REALLOC;
	return alck_passing_calls(e);
}

/* What the handlers of the hot path go by. */
enum hot {
	PLAIN,	    /* nothing */
	HOOKED,	    /* its libc reads malloc hooks */
	FORWARDING, /* it owns nothing */
	LAST,	    /* it calls no other allocator */
	GUARDED,    /* and pages say whose a block is */
	HOT
};

/* Can a call of E be seen that another entry of its allocator's makes, and
 * would be taken for the program's own?  jemalloc's operators call its malloc
 * and free as anybody does; and what is linked into a program, or into a
 * library with more in it, may have a wrapper there. */
static int may_be_under_another(const struct alck_entry *e)
{
	const struct alck_provider *p = e->provider;

	if (e->api != ALCK_API_C && e->api != ALCK_API_LIBC)
		return 1;
	return !p->module->is_libc &&
	       (p->module->is_program || p->late || e->reach);
}

static int hot_of(const struct alck_entry *e)
{
	int is_last = alck_entry_is_last(e->provider);

	if (alck_by_page)
		return is_last && !alck_entry_leads_on(e) ? GUARDED : HOT;
	/* Who hands out a block is to ask the clock. */
	if (alck_age_kept && e->shape != ALCK_FREE &&
	    e->shape != ALCK_FREE_SIZED)
		return HOT;
	/* The classes of blocks are looked at in each call where that is asked
	 * for; a home-made allocator proves itself in one. */
	if (alck_runtime.options.mismatch != ALCK_MISMATCH_OFF ||
	    (e->provider->family->flags & ALCK_UNPROVEN))
		return HOT;
	if (e->forwards)
		return FORWARDING;
	if (e->provider->hooks)
		return HOOKED;
	return is_last && !may_be_under_another(e) ? LAST : PLAIN;
}

/* Its handler on the hot path, or NULL. */
static void (*hot_handler(const struct alck_entry *e))(void)
{
	static void (*const by_shape[HOT][ALCK_SHAPES])(void) = {
		[PLAIN] = {[ALCK_ALLOC] = alck_enter_malloc,
			   [ALCK_ALLOC_ARRAY] = alck_enter_calloc,
			   [ALCK_REALLOC] = alck_enter_plain_realloc,
			   [ALCK_FREE] = alck_enter_plain_free,
			   [ALCK_FREE_SIZED] = alck_enter_sized_free},
		[HOOKED] = {[ALCK_ALLOC] = alck_enter_hooked_malloc,
			    [ALCK_ALLOC_ARRAY] = alck_enter_hooked_calloc,
			    [ALCK_REALLOC] = alck_enter_hooked_realloc,
			    [ALCK_FREE] = alck_enter_hooked_free},
		[FORWARDING] = {[ALCK_ALLOC] = alck_enter_forward_new,
				[ALCK_FREE] = alck_enter_forward_delete,
				[ALCK_FREE_SIZED] = alck_enter_forward_delete},
		[LAST] = {[ALCK_ALLOC] = alck_enter_last_malloc,
			  [ALCK_ALLOC_ARRAY] = alck_enter_last_calloc,
			  [ALCK_REALLOC] = alck_enter_plain_realloc,
			  [ALCK_FREE] = alck_enter_plain_free},
		[GUARDED] = {[ALCK_ALLOC] = alck_enter_guarded_malloc,
			     [ALCK_ALLOC_ARRAY] = alck_enter_guarded_calloc,
			     [ALCK_REALLOC] = alck_enter_guarded_realloc,
			     [ALCK_FREE] = alck_enter_guarded_free},
	};
	/* Operators that may throw. */
	static void (*const throwing[HOT])(void) = {
		[PLAIN] = alck_enter_throwing_malloc,
		[HOOKED] = alck_enter_throwing_malloc,
		[FORWARDING] = alck_enter_forward_new,
		[GUARDED] = alck_enter_guarded_malloc,
	};
	int hot = hot_of(e);

	if (hot == HOT || !e->plain || !by_shape[hot][e->shape])
		return NULL;
	if (e->flags & ALCK_THROWS)
		return throwing[hot];
	if (hot == LAST && e->shape == ALCK_FREE) {
		if (alck_keeping.free == ALCK_KEEP_NOTHING)
			return alck_enter_last_free;
		if (alck_keeping.free == ALCK_KEEP_CALLER)
			return alck_enter_last_called_free;
	}
	return by_shape[hot][e->shape];
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
	void (*hot)(void);

	/* What a home-made allocator answers is looked at. */
	if (e->shape == ALCK_QUERY && !e->ptr &&
	    !(e->provider->family->flags & ALCK_UNPROVEN))
		return (void *)(alck_by_page ? alck_enter_guarded_query
					     : alck_enter_plain_query);
	/* What it forwards is seen where it comes out. */
	if (alck_by_page && (e->provider->family->flags & ALCK_FORWARDER))
		return (void *)alck_enter_through;
	/* To count a block twice would be worse than not to count it, if that
	 * went where nothing is seen. */
	if (alck_by_page && e->jumps)
		return (void *)alck_enter_passing;
	hot = hot_handler(e);
	return (void *)(hot ? hot : by_shape[e->shape]);
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
		KIND(last_malloc),     KIND(last_calloc),
		KIND(last_free),       KIND(last_called_free),
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
#define KIND(place, kind)                                       \
	{                                                       \
		place, alck_enter_##kind, alck_on_placed_##kind \
	}
	static const struct {
		unsigned int place;
		void (*enter)(void);
		void *on;
	} kinds[] = {
		KIND(0, last_malloc),	   KIND(1, last_free),
		KIND(1, last_called_free), KIND(2, last_calloc),
		KIND(0, guarded_malloc),   KIND(1, guarded_free),
		KIND(2, guarded_calloc),   KIND(3, guarded_realloc),
		KIND(13, guarded_query),
	};
#undef KIND

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (place == kinds[i].place &&
		    e->handler == (void *)kinds[i].enter)
			return kinds[i].on;
	return NULL;
}
