/* SPDX-License-Identifier: MIT */
/* The root: see root.h and contract/root.h. */
#include <stddef.h>

#include "preload/journal.h"
#include "preload/providers.h"
#include "preload/root.h"
#include "preload/runtime.h"

struct alck_root alck_root __attribute__((visibility("hidden"), used));

/* The note: its length, that of the distance, type, owner, and the distance. */
__asm__(".pushsection .note.alloccheck, \"a\", @note\n"
	"	.p2align 2\n"
	"	.long 2f - 1f, 4f - 3f, 1\n"
	"1:	.asciz \"alloccheck\"\n"
	"2:	.p2align 2\n"
	"3:	.quad alck_root - .\n"
	"4:	.p2align 2\n"
	".popsection\n");

void alck_root_fill(void)
{
	static const char magic[16] = ALCK_ROOT_MAGIC;
	struct alck_root *r = &alck_root;

	for (unsigned int i = 0; i < sizeof(magic); i++)
		r->magic[i] = magic[i];
	r->version = ALCK_ROOT_VERSION;
	r->size = sizeof(*r);
	r->self = (uintptr_t)r;
	r->journal = (uintptr_t)&alck_journal.first;
	r->started = (uintptr_t)&alck_runtime.started;
	r->entries = (struct alck_root_entries){
		.rows = (uintptr_t)alck_entries,
		.count = ALCK_ENTRIES_MAX,
		.size = sizeof(alck_entries[0]),
		.name = offsetof(struct alck_entry, name),
	};
	alck_modules_describe(&r->modules);
	alck_providers_describe(&r->providers);
	alck_events_describe(&r->events);
	alck_depot_describe(&r->depot);
	alck_table_describe(&r->table);
	alck_age_describe(&r->age);
	r->own.arenas[0] = r->depot.stacks;
	r->own.arenas[1] = r->depot.contexts;
	alck_pieces_describe(&r->own.arenas[2]);
	r->own.arenas[5] = alck_page_describe();
	r->own.arenas[6] = alck_alt_stack_describe();
	r->own.arenas[7] = alck_memo_describe();
}
