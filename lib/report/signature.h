/* SPDX-License-Identifier: MIT */
/*
 * By what a finding is known again, in another process, on another machine:
 * its code, the two allocators and both stacks, by module and offset.  Modules
 * go by build ID, or by file name where they have none.  doc/FORMAT says how
 * it is made; the same finding has the same signature in every version.
 * Offline, not signal-safe.
 */
#ifndef ALCK_REPORT_SIGNATURE_H
#define ALCK_REPORT_SIGNATURE_H

#include <stdint.h>

#include "report/view.h"

struct alck_signature {
	uint64_t high, low;
};

#define ALCK_SIGNATURE_TEXT 33

/* The signature of FINDING, one of REPORT's. */
struct alck_signature
alck_signature_of(const struct alck_report *report,
		  const struct alck_report_finding *finding);

/* The same by names: functions instead of offsets, and file names instead of
 * build IDs, so that a finding is known again after the program was built
 * anew.  Of functions without a name the offset counts. */
struct alck_signature
alck_signature_by_names(struct alck_view *view,
			const struct alck_report_finding *finding);

/* As 32 hexadecimal digits. */
void alck_signature_format(struct alck_signature signature,
			   char text[ALCK_SIGNATURE_TEXT]);

int alck_signature_equal(struct alck_signature a, struct alck_signature b);

#endif
