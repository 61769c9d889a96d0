/* SPDX-License-Identifier: MIT */
/* How old a block was, in words.  Offline. */
#ifndef ALCK_REPORT_AGE_H
#define ALCK_REPORT_AGE_H

#include "report/arena.h"
#include "report/model.h"

/* NANOSECONDS as "12.3 s", "4.5 min", "2.1 days"; of what is shorter than the
 * library's clock can tell, "less than 0.02 s". */
const char *alck_age_words(struct alck_arena *arena, uint64_t nanoseconds);

/* From ALLOCATED until TIME; not set where one of them is not. */
struct alck_number alck_age_between(struct alck_number allocated,
				    struct alck_number time);

/* ", allocated 12.3 s before", of that; "" where it is not known. */
const char *alck_age_before(struct alck_arena *arena,
			    struct alck_number allocated,
			    struct alck_number time);

#endif
