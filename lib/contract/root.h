/* SPDX-License-Identifier: MIT */
/*
 * Where the preload library keeps what, for whoever reads its memory from
 * outside: of a live process, in a core, in a debugger.
 *
 * liballoccheck.so has an ELF note (owner "alloccheck", type 1, in the first
 * page of the file) of 8 bytes: the distance from there to the root, which is
 * this structure.  So neither symbols nor the file are needed.  Places of
 * members are told and not known, so that a reader fits libraries of another
 * build; what cannot be told is the layout of words, which VERSION counts.
 *
 * The structure is complete before main.  What it leads to changes while the
 * process runs, and any word of it may be damaged.
 */
#ifndef ALCK_CONTRACT_ROOT_H
#define ALCK_CONTRACT_ROOT_H

#include <stdint.h>

#define ALCK_ROOT_MAGIC	  "alloccheck root" /* 16 bytes with its NUL */
#define ALCK_ROOT_VERSION 1
#define ALCK_ROOT_NOTE	  1
#define ALCK_ROOT_OWNER	  "alloccheck"

/* A row of records, the members that matter by their offsets. */
struct alck_root_modules {
	uint64_t rows;	/* address of an array of addresses */
	uint64_t count; /* of a 32-bit number: how many */
	uint32_t id, path, bias, low, high, build_id, build_id_len;
	uint32_t name_space, loaded_at, unloaded_at, retired;
};

struct alck_root_providers {
	uint64_t rows; /* address of the first; 0 is none */
	uint32_t count, size;
	uint32_t id, family, module, version;
	uint32_t family_name, family_title;
};

struct alck_root_entries {
	uint64_t rows;
	uint32_t count, size;
	uint32_t name;
};

struct alck_root_events {
	uint64_t rows;
	uint32_t count, size;
	uint32_t time, thread, kind, text; /* TEXT is 0 where there is none */
};

/*
 * The depot: two arenas.  A piece's number is that of its chunk above
 * CHUNK_BITS and its place in it, in units of 16 bytes, below.  A chunk is two
 * words: its address, with the logarithm of its size in the lowest six bits,
 * and how many bytes of it are used.
 *
 *   a stack    u32 next  u32 hash  u32 count  u32 unused  u64 word[count]
 *   a context  u64 low   thread (low 8 bits) << 56 | stack << 28 | next
 *              u64 high  thread (the rest) << 44 | entry << 28 | previous
 */
struct alck_root_depot {
	uint64_t stacks, contexts; /* addresses of the first chunk's words */
	uint32_t chunks, chunk_bits;
};

/* The ownership table: see contract/root-table.h. */
struct alck_root_table {
	uint64_t root;
	uint32_t layout;  /* 0: not told */
	uint32_t by_page; /* level=guard: it is empty, no block is recorded */
};

/* Memory that the library has taken for itself: arenas, as the depot's
 * (their first chunk's words, DEPOT.CHUNKS of them). */
#define ALCK_ROOT_ARENAS 8
struct alck_root_own {
	uint64_t arenas[ALCK_ROOT_ARENAS]; /* 0 where there are fewer */
};

/* With age=1: when blocks were handed out, by the regions and granules of
 * contract/root-table.h.
 *
 *   root -> map of a region -> leaf of a granule: a u32 for each 2^STEP_BITS
 *   bytes, 0 for none, else one more than the time since the start in units of
 *   2^SHIFT nanoseconds
 */
struct alck_root_age {
	uint64_t root;	 /* address of a word that leads to the maps' row, once
			  * there is one; 0: no age is kept */
	uint64_t newest; /* address of the last time that was kept, a u32 */
	uint32_t shift, step_bits;
	uint64_t arenas[2]; /* where all of that lies: as ALCK_ROOT_OWN */
};

struct alck_root {
	char magic[16];
	uint32_t version, size;
	uint64_t self;
	uint64_t journal; /* first piece: u64 next, u64 length, bytes: together
			   * a report, see doc/FORMAT */
	uint64_t started; /* of two words: CLOCK_MONOTONIC, CLOCK_REALTIME */
	struct alck_root_modules modules;
	struct alck_root_providers providers;
	struct alck_root_entries entries;
	struct alck_root_events events;
	struct alck_root_depot depot;
	struct alck_root_table table;
	/* Only where SIZE reaches so far: */
	struct alck_root_own own;
	struct alck_root_age age;
};

#endif
