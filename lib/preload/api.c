/* SPDX-License-Identifier: MIT */
/* What programs may ask us: see contract/alloccheck.h.  Signal-safe. */
#define ALLOCCHECK_DECLARE __attribute__((visibility("default")))
#include "contract/alloccheck.h"
#include "preload/age-table.h"
#include "preload/events.h"
#include "preload/finding.h"
#include "preload/owner-table.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/text.h"
#include "preload/thread.h"

#define NOTE_MAX 500

static void fill(struct alloccheck_block *to, uintptr_t begin,
		 const struct alck_block *b)
{
	const struct alck_provider *owner = alck_provider(b->owner);
	struct alck_context c;
	uint64_t when = 0;
	int has_age = alck_age_get(begin, &when);

	*to = (struct alloccheck_block){
		.begin = (const void *)begin,
		.size = b->size_exact ? b->size : 0,
		.size_known = b->size_exact,
		.live = b->live,
		.allocator = owner ? owner->family->name : "unknown",
		.file = owner ? owner->module->path : "",
		.age_known = has_age,
		.age_ms = has_age ? (alck_time() - when) / 1000000 : 0,
	};
	if (alck_depot_context_get(b->context, &c) ||
	    (b->freed &&
	     (!c.previous || alck_depot_context_get(c.previous, &c))))
		return;
	to->allocated_by = alck_entries[c.entry].name;
	to->thread = c.thread;
}

int alloccheck_owner(const void *pointer, struct alloccheck_block *block,
		     size_t size)
{
	uintptr_t begin = (uintptr_t)pointer;
	struct alloccheck_block all;
	struct alck_block b, around;
	enum alck_seen seen = alck_table_lookup(begin, &b);

	if (seen != ALCK_LIVE &&
	    alck_table_find_inside(begin, &begin, &around)) {
		seen = ALCK_LIVE;
		b = around;
	}
	if (seen != ALCK_LIVE && seen != ALCK_ALREADY_FREED)
		return 0;
	fill(&all, begin, &b);
	/* A program may have been built with an older, shorter one. */
	for (size_t i = 0; i < size; i++)
		((char *)block)[i] =
			i < sizeof(all) ? ((const char *)&all)[i] : 0;
	return 1;
}

unsigned long alloccheck_errors(void)
{
	return alck_findings_errors();
}

void alloccheck_expect(const char *code)
{
	alck_thread.expect = code ? code : "";
	alck_thread.expected = 0;
}

unsigned int alloccheck_expected(void)
{
	alck_thread.expect = NULL;
	return alck_thread.expected;
}

void alloccheck_note(const char *text)
{
	char line[NOTE_MAX + 1];
	struct alck_text t;

	alck_text_begin(&t, line, sizeof(line));
	alck_text_add(&t, text);
	alck_event_note("note", line);
}
