/* SPDX-License-Identifier: MIT */
/*
 * From what is proven of a cross-allocator free to its code.  A pure function,
 * so that the preload library, `alloccheck scan` and the tests judge alike.
 * Runs anywhere, signal-safe.
 */
#ifndef ALCK_CONTRACT_VERDICT_H
#define ALCK_CONTRACT_VERDICT_H

#include "contract/families.h"
#include "contract/findings.h"

/* One side of it: the call that allocated, or the one that freed.  What is not
 * known is 0. */
struct alck_side {
	const struct alck_family *family; /* of the provider that served it */
	int provider;			  /* its ID */
	uint32_t name_space;		  /* its link namespace */
	int late;			  /* it came after the start */
	int unloaded;			  /* and is gone */
	enum alck_api api;		  /* of the entry that was called */
	int standard; /* the entry is one of the standard names */
	/* The program's global scope resolves this entry's name to the
	 * provider with this ID, 0 for none. */
	int global;
	/* The calling object is bound to an entry that is not the one of the
	 * global scope, and came by dlopen: it was bound deep. */
	int deep;
	int caller_is_libc; /* called from inside a libc */
	/* The entry is not exported: only its own object can call it. */
	int is_private;
	/* Its own object's calls of it were bound when it was linked. */
	int is_linked;
};

struct alck_facts {
	struct alck_side alloc, free;

	/* The global scope's malloc and free: provider IDs. */
	int global_malloc, global_free;
	int free_tolerates; /* the entry takes foreign blocks rightly */
	int free_is_query;  /* malloc_usable_size: nothing is freed */
	/* A tool's function, put into a slot of another object, made one of
	 * the calls. */
	int rebound;
	int same_name; /* both objects have one file name */
	/* The call went by a malloc hook of the freeing side's libc. */
	enum {
		ALCK_VIA_NO_HOOK,
		ALCK_VIA_RESCUE, /* and the hook led to the owner */
		ALCK_VIA_WINDOW, /* a fork had changed the hook, or it was
				  * changed back since the allocation */
	} via;
};

/* The code of a block that was allocated by one provider and reached another
 * one's entry. */
enum alck_code alck_verdict(const struct alck_facts *facts);

#endif
