/* SPDX-License-Identifier: MIT */
/*
 * Whose memory is it: every mapping of a process, live or left in a core, by
 * the allocator that uses it.  Offline; reads memory and writes none.
 *
 * A stretch of addresses is given to an allocator by a mark that this leaves
 * there itself, and that is checked in more than one place: ptmalloc's heap
 * headers and chunks, jemalloc's and tcmalloc's lists of what they have taken,
 * mimalloc's cookies.  What bears no mark is "unknown", and stays it.
 */
#ifndef ALCK_INSPECT_USAGE_H
#define ALCK_INSPECT_USAGE_H

#include "inspect/memory.h"
#include "inspect/state.h"
#include "report/arena.h"

enum alck_use {
	ALCK_USE_UNKNOWN,
	ALCK_USE_ALLOCATOR,
	ALCK_USE_STACK,
	ALCK_USE_FILE,
	ALCK_USE_KERNEL,   /* [vdso] and the like */
	ALCK_USE_OBSERVER, /* the preload library's own */
	ALCK_USES
};

/* An object of the process, as the caller knows it. */
struct alck_usage_object {
	uint64_t low, high; /* where it is loaded */
	const char *family; /* as in contract/families; NULL: no allocator */
	const char *title;  /* of the allocator, as it is shown */
};

#define ALCK_USAGE_NOBODY (-1)

/* Addresses that belong together, [LOW, HIGH), within one mapping. */
struct alck_region {
	uint64_t low, high;
	const struct alck_mapping *mapping;
	enum alck_use use;
	int owner;	   /* place of the object it is, or ALCK_USAGE_NOBODY */
	const char *proof; /* what it was known by, in a few words */
	int64_t resident;  /* bytes; -1: not known */
};

/* A live block near the end of a heap. */
struct alck_usage_pin {
	uint64_t addr, size;
	uint32_t context; /* 0: its stack was not kept */
	uint64_t gives;	  /* bytes from the heap's end that could be given back
			   * without this one and those above it */
};
#define ALCK_USAGE_PINS 3

/* A heap of ptmalloc's: the main one, or one of an arena of 64 MiB each. */
struct alck_usage_heap {
	uint64_t low, high; /* what of it may be used */
	uint64_t arena;	    /* address of its arena; 0 for the main one */
	int owner;
	uint64_t used, used_blocks; /* bytes with headers; caches' included */
	uint64_t free;		    /* below the top */
	uint64_t top; /* free at its end, which can be given back */
	/* The block that keeps what lies below it from being given back. */
	uint64_t pin, pin_size;
	int64_t resident;
	const char *why; /* where it could not be followed to its end */
	/* By the ownership table, where there is one: what is live, and the
	 * last live blocks, from the end down. */
	uint64_t live, live_blocks;
	uint64_t live_end; /* of the last one */
	struct alck_usage_pin pins[ALCK_USAGE_PINS];
	size_t npins;
};

/* What the ownership table knows of an allocator's blocks. */
struct alck_usage_live {
	uint64_t bytes, blocks;
	uint64_t held;	  /* bytes of the pages that they lie in, resident ones
			   * of a process; shared pages divided by blocks */
	uint64_t unsized; /* blocks of which BYTES has only a part */
};

/* And of those that came from one place in the program. */
struct alck_usage_place {
	int owner;	  /* place of the object, or ALCK_USAGE_NOBODY */
	uint32_t context; /* of one of them; 0: their stack was not kept */
	struct alck_usage_live live;
	uint64_t oldest; /* address of the oldest; 0: no age is kept */
	uint64_t oldest_since;
};

struct alck_usage_total {
	uint64_t size;	   /* but for what may not be touched */
	uint64_t reserved; /* PROT_NONE */
	int64_t resident;  /* -1: not known */
};

struct alck_usage {
	struct alck_arena arena;
	struct alck_memory *memory; /* the caller's */
	const struct alck_usage_object *objects;
	size_t nobjects;
	struct alck_region *regions; /* by address */
	size_t nregions, room;
	struct alck_usage_heap *heaps;
	size_t nheaps, heap_room;
	struct alck_usage_total *by_object;
	struct alck_usage_total by_use[ALCK_USES];
	struct alck_pagemap *pagemap; /* NULL for a core */
	int recorded; /* what follows is known, by the preload library */
	struct alck_usage_live *live;	 /* by object, and of NOBODY */
	struct alck_usage_place *places; /* what holds the most first */
	size_t nplaces;
	int failed; /* out of memory: something is missing */
};

/* Finds out what the memory of MEMORY is used for; NOBJECTS allocators are
 * known to be in it.  PROC is where the process's folder is ("/proc/1"), NULL
 * for a core: then nothing is known of what is resident.  STATE is that of the
 * preload library in it, NULL without: then nothing is known of what is live.
 * MEMORY, OBJECTS and STATE stay the caller's, and must outlive USAGE.  Returns
 * 0, or -1 without memory; alck_usage_free in either case. */
int alck_usage_find(struct alck_usage *usage, struct alck_memory *memory,
		    const struct alck_usage_object *objects, size_t nobjects,
		    const char *proc, struct alck_state *state);
void alck_usage_free(struct alck_usage *usage);

/* "file", "stack", ... */
const char *alck_usage_name(enum alck_use use);

#endif
