/* SPDX-License-Identifier: MIT */
/*
 * What the scenarios share.  A context is a record in the depot: it is written
 * before the word that names it, and whoever reads the word reads it too.
 */
#ifndef TESTS_MODEL_SCENARIOS_H
#define TESTS_MODEL_SCENARIOS_H

#include "explore.h"
#include "preload/owner-table.h"

#define REGION ((uintptr_t)1 << 28)
#define PART   ((uintptr_t)1 << 16)
#define A      ((uintptr_t)1 << 40)
#define OWNER  5u

/* What the threads of a scenario leave for its end. */
extern struct left {
	struct alck_block block[EXPLORE_THREADS + 1];
	enum alck_seen seen[EXPLORE_THREADS + 1];
	uintptr_t addr[EXPLORE_THREADS + 1];
	int failed[EXPLORE_THREADS + 1];
	int in_child;
	void *piece[EXPLORE_THREADS + 1][2];
	uint32_t id[EXPLORE_THREADS + 1][2];
} left;

/* With the records of the contexts. */
int install(uintptr_t addr, uint64_t size, uint32_t context);
enum alck_seen take(uintptr_t addr, struct alck_block *block);
enum alck_seen look(uintptr_t addr, struct alck_block *block);
void leave_tombstone(uintptr_t addr, const struct alck_block *was,
		     uint32_t context);

/* The block at ADDR is out, as CONTEXT says; or it is not, and CONTEXT is that
 * of its free; or it is out and is taken, into *WAS. */
void expect_live(uintptr_t addr, uint32_t context);
void expect_freed(uintptr_t addr, uint32_t context);
void expect_taken(uintptr_t addr, struct alck_block *was, uint32_t context);

/* Nothing was ever installed. */
void nothing(void);

/* The scenarios of one word, of the table's growth, of the hot path, of pages'
 * owners, of the table of ages, and of an arena; each ends with one that has no
 * name. */
extern const struct explore_scenario word_scenarios[], growth_scenarios[],
	hot_scenarios[], page_scenarios[], age_scenarios[], arena_scenarios[];

#endif
