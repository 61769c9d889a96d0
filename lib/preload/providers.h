/* SPDX-License-Identifier: MIT */
/*
 * Providers: the allocators that objects of this process define, and their
 * entry points.
 *
 * An entry is one name of one provider, with the function behind it and the
 * address that callers are bound to instead: a thunk, which puts the entry's
 * address into a register that no entry point takes an argument in and jumps
 * to the entry's handler (see entries.c).
 *
 * Registered under the loader's lock; read anywhere, signal-safe.
 */
#ifndef ALCK_PRELOAD_PROVIDERS_H
#define ALCK_PRELOAD_PROVIDERS_H

#include <stddef.h>
#include <stdint.h>

#include "contract/families.h"
#include "preload/modules.h"
#include "preload/recognise.h"
#include "preload/search-path.h"

#define ALCK_PROVIDERS_MAX 32	/* five bits in the ownership table */
#define ALCK_ENTRIES_MAX   2048 /* thunks: arch-x86-64.S has as many */
#define ALCK_ENTRY_SIZE	   64	/* known to the thunks */

struct alck_provider;

/* How calls of an entry come to it. */
enum alck_reach {
	/* No other object can be bound to it: it is not exported. */
	ALCK_PRIVATE = 1,
	/* Its own object's calls of it were bound when it was linked. */
	ALCK_LINKED = 2,
	/* Its first instructions lead to the thunk: REAL is where they were
	 * moved to, ADDRESS the function. */
	ALCK_DETOURED = 4,
	/* Several names of different kinds have one address, and which of them
	 * was called cannot be told. */
	ALCK_AMBIGUOUS = 8,
};

/* The thunk loads the address of this; its first two members are known to
 * arch-x86-64.S. */
struct alck_entry {
	void *handler;			/* by shape */
	void *real;			/* the provider's own function */
	const char *name;		/* with its prefix; ours, stays */
	struct alck_provider *provider; /* NULL: a watched function */
	uintptr_t address;		/* what callers are bound to */
	uint8_t shape, api, flags;
	int8_t ptr, size, count; /* argument positions */
	uint16_t id;		 /* index in alck_entries; 0 is none */
	int8_t standard;   /* its place among the standard names, -1 if none */
	uint8_t watched;   /* without a provider: its place in alck_watched */
	uint8_t reach;	   /* enum alck_reach */
	uint8_t plain : 1; /* malloc(size), free(block) and their like */
	uint8_t jumps : 1; /* see passing.h */
	uint32_t length;   /* of the provider's own function, 0 if not known */
	uint16_t mark;	   /* alck_word_mark of its blocks */
	uint8_t forwards;  /* its provider owns nothing: operator new */
	uint8_t leaf;	   /* the table's leaves for its blocks */
	uint32_t page;	   /* ALCK_PAGE_OWNER of them */
} __attribute__((aligned(ALCK_ENTRY_SIZE)));

_Static_assert(sizeof(struct alck_entry) == ALCK_ENTRY_SIZE,
	       "the thunks count in ALCK_ENTRY_SIZE");

struct alck_provider {
	uint8_t id;	   /* 1 to 31; 0 means unknown */
	uint8_t retired;   /* its object is unloaded */
	uint8_t late;	   /* came by dlopen */
	uint8_t produced;  /* handed out a block of its own */
	uint8_t has_more;  /* blocks come and go by functions not known, too */
	uint8_t missed;	   /* a block of it came back when it was unloaded */
	uint8_t odd;	   /* handed out a block that is not 8-aligned */
	uint8_t careless;  /* refusals in a row that left errno as it was */
	uint8_t recorded;  /* written to the report */
	uint8_t layered;   /* two functions for free, or for malloc: one may
			    * call the other */
	uint32_t forwards; /* bit N: blocks of provider N came through it */
	uint32_t unknown_frees; /* of blocks that were never seen */
	const struct alck_family *family;
	struct alck_instance instance; /* which one of its module */
	struct alck_module *module;
	const char *version; /* NULL: not asked for yet; "" if unknown */
	/* What it is by its strings, if its names do not tell; or NULL.  Not
	 * known before its version, and no ground for a finding. */
	const struct alck_family *likely;
	struct alck_search found; /* how ld.so came to its object */
	uintptr_t tolerates; /* entry that takes foreign blocks, 0 if none */
	uintptr_t tells_version;       /* function of it that does, 0 if none */
	struct alck_hook_slots *hooks; /* NULL: it reads no malloc hooks */
	uint8_t is_part;      /* some calls of its entries are not seen ... */
	const char *coverage; /* ... why, or how they are; NULL: by slots */
	/* Where its blocks are sent home to; NULL where it has none. */
	struct alck_entry *alloc, *free, *realloc, *query;
};

extern struct alck_entry alck_entries[ALCK_ENTRIES_MAX];

/* The standard names: alck_rows_c, then alck_rows_cxx. */
#define ALCK_STANDARD_MAX 40
/* For each, the entry that the program's global scope resolves it to at start,
 * or NULL. */
extern struct alck_entry *alck_global[ALCK_STANDARD_MAX];
enum { ALCK_STANDARD_MALLOC = 0, ALCK_STANDARD_FREE = 1 };

/* Recognises MODULE, and enters a provider for each allocator that it defines
 * (up to 31 in all). */
void alck_provider_register(struct alck_module *module);

/* MODULE is being unloaded. */
void alck_provider_retire(struct alck_module *module);

/* Finds what the global scope resolves each standard name to: the modules
 * there at start, in the loader's order, this library left out. */
void alck_providers_resolve_global(void);

/* The definition of standard name PLACE that comes after this library in that
 * order, or NULL. */
struct alck_entry *alck_provider_next(uint32_t place);

/* Provider ID, or NULL. */
struct alck_provider *alck_provider(uint32_t id);
/* That of MODULE, or the first one of several; NULL if it has none. */
struct alck_provider *alck_provider_of(const struct alck_module *module);
/* The next one of the same module, or NULL. */
struct alck_provider *alck_provider_beside(const struct alck_provider *p);

/* Where the provider's own function stands. */
static inline uintptr_t alck_entry_function(const struct alck_entry *e)
{
	return e->reach & ALCK_DETOURED ? e->address : (uintptr_t)e->real;
}

/* What its callers are led to, unless they are bound to another address. */
uintptr_t alck_entry_thunk(const struct alck_entry *e);

/* E's function is at ADDRESS again: it has no detour (any more). */
void alck_entry_undetour(struct alck_entry *e, uintptr_t address);

/* The entry whose provider's own function is at ADDRESS, that of NAME if
 * several are; NULL if there is none.  NAME may be NULL. */
struct alck_entry *alck_entry_by_real(uintptr_t address, const char *name);
/* The entry that callers bound to ADDRESS reach, or NULL. */
struct alck_entry *alck_entry_by_address(uintptr_t address);

/* PROVIDER's entry called NAME, or NULL. */
struct alck_entry *alck_entry_named(const struct alck_provider *provider,
				    const char *name);

/* Calls VISIT for every entry of PROVIDER. */
void alck_entries_each(const struct alck_provider *provider,
		       void (*visit)(struct alck_entry *entry, void *data),
		       void *data);

/* An entry for the function at REAL that is only watched, that of place WATCHED
 * in alck_watched: no provider. */
struct alck_entry *alck_entry_watch(unsigned int watched, uintptr_t real);

/* Something is about to be unloaded, though not what: keeps of each provider
 * what can be read as long as its object is there. */
void alck_providers_remember(void);

/* The version of PROVIDER's allocator, "" if it cannot be told.  Not before
 * its object is relocated. */
const char *alck_provider_version(struct alck_provider *provider);

/* The family of which MODULE, which has no known names, carries a text; or
 * NULL.  Takes a millisecond for each megabyte. */
const struct alck_family *
alck_family_by_strings(const struct alck_module *module);

#endif
