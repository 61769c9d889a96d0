/* SPDX-License-Identifier: MIT */
/* Points in time, in UTC, by RFC 3339.  Offline. */
#ifndef ALCK_REPORT_DATE_H
#define ALCK_REPORT_DATE_H

#include <stdint.h>

#define ALCK_DATE_TEXT 64

/* Writes the time that is NS nanoseconds after 1970 to TEXT with DIGITS (0 to
 * 9) behind the second, and returns TEXT. */
const char *alck_date_format(uint64_t ns, int digits,
			     char text[ALCK_DATE_TEXT]);

#endif
