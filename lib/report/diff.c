/* SPDX-License-Identifier: MIT */
/* Two merges compared: see diff.h.  Offline. */
#include "report/diff.h"

#include <stdlib.h>

/* What only one side has, by the names of its functions. */
struct names {
	struct alck_signature signature;
	size_t row;
};

struct unmatched {
	struct alck_merge *merge;
	struct names *names;
	size_t count;
};

static int mark(struct alck_merge *in, const struct alck_merge *other,
		enum alck_change change, struct unmatched *out)
{
	size_t n = alck_merge_count(in);

	out->merge = in;
	out->count = 0;
	out->names = calloc(n + 1, sizeof(*out->names));
	for (size_t i = 0; out->names && i < n; i++) {
		struct alck_merged *row = alck_merge_at(in, i);

		if (!row->rule && !alck_merge_find(other, row->signature))
			row->change = change;
	}
	return out->names ? 0 : -1;
}

static int is_marked(const struct alck_merged *row)
{
	return row->change != ALCK_CHANGE_NONE;
}

static int take_names(void *data, struct alck_view *view,
		      const struct alck_report_finding *finding,
		      const struct alck_merged *row)
{
	struct unmatched *u = data;
	struct names *names = &u->names[u->count++];

	names->signature = alck_signature_by_names(view, finding);
	names->row = alck_merge_index(u->merge, row);
	return 0;
}

static int by_signature(const void *a, const void *b)
{
	const struct names *x = a, *y = b;

	if (x->signature.high != y->signature.high)
		return x->signature.high < y->signature.high ? -1 : 1;
	if (x->signature.low != y->signature.low)
		return x->signature.low < y->signature.low ? -1 : 1;
	return 0;
}

/* Takes the marks off those in SOME that OTHERS, in order, have by name. */
static void match(struct unmatched *some, const struct unmatched *others)
{
	for (size_t i = 0; i < some->count; i++)
		if (bsearch(&some->names[i], others->names, others->count,
			    sizeof(*others->names), by_signature))
			alck_merge_at(some->merge, some->names[i].row)->change =
				ALCK_CHANGE_NONE;
}

static void count(struct alck_merge *older, struct alck_merge *newer,
		  struct alck_diff *diff)
{
	for (size_t i = 0; i < alck_merge_count(newer); i++) {
		const struct alck_merged *row = alck_merge_at(newer, i);

		if (row->change == ALCK_CHANGE_NEW)
			diff->new_ones[row->severity]++;
		else
			diff->same += !row->rule;
	}
	for (size_t i = 0; i < alck_merge_count(older); i++)
		diff->gone += is_marked(alck_merge_at(older, i));
}

int alck_diff(struct alck_merge *older, struct alck_merge *newer,
	      struct alck_diff *diff)
{
	struct unmatched gone = {NULL, NULL, 0}, new_ones = {NULL, NULL, 0};
	int failed;

	*diff = (struct alck_diff){.same = 0};
	failed = mark(older, newer, ALCK_CHANGE_GONE, &gone) ||
		 mark(newer, older, ALCK_CHANGE_NEW, &new_ones);
	if (!failed) {
		alck_merge_each(older, is_marked, take_names, &gone);
		alck_merge_each(newer, is_marked, take_names, &new_ones);
		qsort(gone.names, gone.count, sizeof(*gone.names),
		      by_signature);
		qsort(new_ones.names, new_ones.count, sizeof(*new_ones.names),
		      by_signature);
		match(&new_ones, &gone);
		match(&gone, &new_ones);
		count(older, newer, diff);
	}
	free(gone.names);
	free(new_ones.names);
	return failed ? -1 : 0;
}
