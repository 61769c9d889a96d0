/* SPDX-License-Identifier: MIT */
/* Points in time: see date.h.  Offline. */
#include "report/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *alck_date_format(uint64_t ns, int digits, char text[ALCK_DATE_TEXT])
{
	time_t when = (time_t)(ns / 1000000000);
	char fraction[16] = "";
	struct tm tm;
	size_t len;

	/* The largest number is in the year 2554. */
	if (!gmtime_r(&when, &tm))
		memset(&tm, 0, sizeof(tm));
	len = strftime(text, ALCK_DATE_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	if (digits > 0)
		snprintf(fraction, sizeof(fraction), ".%09u",
			 (unsigned int)(ns % 1000000000));
	if (digits > 0 && digits < 9)
		fraction[1 + digits] = 0;
	snprintf(text + len, ALCK_DATE_TEXT - len, "%sZ", fraction);
	return text;
}
