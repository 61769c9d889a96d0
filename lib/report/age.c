/* SPDX-License-Identifier: MIT */
/* How old a block was, in words: see age.h.  Offline. */
#include "report/age.h"

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)
#define LEAST  (20 * MS) /* a tick of the clock, and the unit that is kept */

const char *alck_age_words(struct alck_arena *arena, uint64_t ns)
{
	static const struct {
		uint64_t below, unit;
		const char *format;
	} scales[] = {
		{10 * SECOND, SECOND, "%.2f s"},
		{120 * SECOND, SECOND, "%.1f s"},
		{7200 * SECOND, 60 * SECOND, "%.1f min"},
		{172800 * SECOND, 3600 * SECOND, "%.1f h"},
		{UINT64_MAX, 86400 * SECOND, "%.1f days"},
	};
	unsigned int i = 0;

	if (ns < LEAST)
		return "less than 0.02 s";
	while (ns >= scales[i].below && scales[i].below != UINT64_MAX)
		i++;
	return alck_arena_printf(arena, scales[i].format,
				 (double)ns / (double)scales[i].unit);
}

struct alck_number alck_age_between(struct alck_number allocated,
				    struct alck_number time)
{
	if (!allocated.set || !time.set || time.value < allocated.value)
		return (struct alck_number){0, 0};
	return (struct alck_number){time.value - allocated.value, 1};
}

const char *alck_age_before(struct alck_arena *arena,
			    struct alck_number allocated,
			    struct alck_number time)
{
	struct alck_number age = alck_age_between(allocated, time);
	const char *words = NULL;

	if (age.set)
		words = alck_age_words(arena, age.value);
	if (words)
		words = alck_arena_printf(arena, ", allocated %s before",
					  words);
	return words ? words : "";
}
