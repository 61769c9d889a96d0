/* SPDX-License-Identifier: MIT */
/* What the ways of telling whose memory it is share: see usage.h. */
#ifndef ALCK_INSPECT_USAGE_INTERNAL_H
#define ALCK_INSPECT_USAGE_INTERNAL_H

#include "inspect/usage.h"

#define ALCK_PAGE 4096ull

/* Is REGION memory of nobody's that an allocator may have taken: private,
 * anonymous, and writable or reserved? */
int alck_usage_is_open(const struct alck_region *region);

/* May it not be touched (PROT_NONE)? */
int alck_usage_is_reserved(const struct alck_mapping *mapping);

/* Gives what is open of [LOW, HIGH) to USE and OWNER. */
void alck_usage_give(struct alck_usage *usage, uint64_t low, uint64_t high,
		     enum alck_use use, int owner, const char *proof);

/* Is all of [LOW, HIGH) mapped, with no gap?  The kernel does not always join
 * mappings that meet, so what an allocator has as one may be in several. */
int alck_usage_is_mapped(const struct alck_usage *usage, uint64_t low,
			 uint64_t high);

/* The region that ADDR is in, or NULL. */
struct alck_region *alck_usage_at(const struct alck_usage *usage,
				  uint64_t addr);

/* A heap more, zeroed; NULL without memory. */
struct alck_usage_heap *alck_usage_add_heap(struct alck_usage *usage);

/* Calls VISIT for each aligned word of [LOW, HIGH) that can be read, with its
 * address and the words behind it (NWORDS in all, 0 past the end), until it
 * returns non-zero, which is returned. */
int alck_usage_each_word(struct alck_usage *usage, uint64_t low, uint64_t high,
			 int (*visit)(uint64_t addr, const uint64_t *words,
				      void *data),
			 void *data);
#define ALCK_USAGE_WORDS 8

/* The same for all writable data of the object of provider OWNER. */
int alck_usage_each_datum(struct alck_usage *usage, int owner,
			  int (*visit)(uint64_t addr, const uint64_t *words,
				       void *data),
			  void *data);

/* Which pages are resident; PROC as alck_usage_find has it. */
struct alck_pagemap *alck_pagemap_open(const char *proc);
void alck_pagemap_close(struct alck_pagemap *pagemap); /* NULL is taken */
/* Bytes of [LOW, HIGH), whole pages, that are resident; -1 where that cannot be
 * read. */
int64_t alck_pagemap_count(struct alck_pagemap *pagemap, uint64_t low,
			   uint64_t high);

/* Finds what of each region and heap is resident. */
void alck_usage_residence(struct alck_usage *usage, const char *proc);

/* Gives its own memory to the preload library; and goes through its table. */
void alck_usage_own(struct alck_usage *usage, struct alck_state *state);
void alck_usage_blocks(struct alck_usage *usage, struct alck_state *state);

/* Each finds what the provider OWNER, of its family, has taken. */
void alck_usage_ptmalloc(struct alck_usage *usage, int owner);
void alck_usage_jemalloc(struct alck_usage *usage, int owner);
void alck_usage_tcmalloc(struct alck_usage *usage, int owner);
void alck_usage_mimalloc(struct alck_usage *usage, int owner);
void alck_usage_mimalloc_3(struct alck_usage *usage, int owner);

#endif
