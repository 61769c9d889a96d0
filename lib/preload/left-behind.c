/* SPDX-License-Identifier: MIT */
/* Blocks of unloaded allocators: see left-behind.h. */
#include "preload/fault.h"
#include "preload/finding.h"
#include "preload/left-behind.h"
#include "preload/owner-walk.h"
#include "preload/page-table.h"
#include "preload/providers.h"

/* What one of them left. */
struct left {
	uint64_t blocks, bytes;
	uint32_t context; /* of the allocation of most of them, if there are */
	uint64_t votes;	  /* more of that than of all others so far */
};

static struct left left[ALCK_PROVIDERS_MAX];

/* A block of theirs that was freed elsewhere is a finding of its own. */
static int is_gone(const struct alck_provider *p)
{
	return p && p->retired && p->produced && !p->missed;
}

/* Was it asked for by another object than the one that is gone?  What a plugin
 * with an allocator of its own has allocated for itself went with it. */
static int is_for_others(const struct alck_block *b,
			 const struct alck_provider *p)
{
	struct alck_context c;
	uintptr_t pc;

	return !alck_depot_context_get(b->context, &c) &&
	       alck_depot_stack_get(c.stack, &pc, 1) &&
	       (pc < p->module->low || pc >= p->module->high);
}

static void count(const struct alck_block *b, void *unused)
{
	const struct alck_provider *p = alck_provider(b->owner);
	struct left *l = &left[b->owner];

	(void)unused;
	if (!is_gone(p) || !is_for_others(b, p))
		return;
	l->blocks++;
	l->bytes += b->size_exact || b->half ? b->size : 0;
	if (!l->votes)
		l->context = b->context;
	if (l->context == b->context)
		l->votes++;
	else
		l->votes--;
}

static void put(struct alck_record_writer *w, const void *data)
{
	const struct left *l = data;
	struct alck_context c;

	alck_record_uint(w, ALCK_FIELD_BLOCKS, l->blocks);
	alck_record_uint(w, ALCK_FIELD_BYTES, l->bytes);
	if (!alck_depot_context_get(l->context, &c))
		alck_fault_put_alloc(w, &c);
}

void alck_left_behind_report(void)
{
	int some = 0;

	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX; i++)
		some |= is_gone(alck_provider(i));
	if (!some || alck_by_page)
		return;
	alck_table_each(count, NULL);
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX; i++) {
		struct alck_notice n = {.code = ALCK_T17b,
					.kind = ALCK_VERDICT_LEFT_BEHIND,
					.provider = alck_provider(i),
					.put = put,
					.data = &left[i]};

		if (is_gone(n.provider) && left[i].blocks)
			alck_finding_notice(&n);
	}
}
