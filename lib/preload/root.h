/* SPDX-License-Identifier: MIT */
/* The root of all that is remembered, for readers from outside: see
 * contract/root.h. */
#ifndef ALCK_PRELOAD_ROOT_H
#define ALCK_PRELOAD_ROOT_H

#include "contract/root.h"

/* Fills it in; once, before main. */
void alck_root_fill(void);

/* Each fills in its own part. */
void alck_modules_describe(struct alck_root_modules *m);
void alck_providers_describe(struct alck_root_providers *p);
void alck_events_describe(struct alck_root_events *e);
void alck_depot_describe(struct alck_root_depot *d);
void alck_table_describe(struct alck_root_table *t);
void alck_age_describe(struct alck_root_age *a);
/* The arenas of the ownership table, of ages, of pages, of alternate stacks,
 * and of the stack memos. */
void alck_pieces_describe(uint64_t arenas[3]);
void alck_pieces_describe_times(uint64_t arenas[2]);
uint64_t alck_page_describe(void);
uint64_t alck_alt_stack_describe(void);
uint64_t alck_memo_describe(void);

#endif
