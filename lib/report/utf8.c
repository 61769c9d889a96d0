/* SPDX-License-Identifier: MIT */
/* Text of any bytes: see utf8.h. */
#include "report/utf8.h"

static int follows(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t alck_utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	/* The NUL at the end is no continuation, so no test reads past it. */
	if (p[0] && p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || !follows(p[1]))
		return 0;
	if (p[0] < 0xe0)
		return 2;
	if (!follows(p[2]))
		return 0;
	if (p[0] < 0xf0) {
		if ((p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (!follows(p[3]) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

void alck_utf8_print(FILE *out, const char *text)
{
	const unsigned char *p;
	size_t len;

	for (; *text; text += len) {
		p = (const unsigned char *)text;
		len = alck_utf8_length(text);
		/* U+0080 to U+009F are control characters too. */
		if (!len || (len == 1 && (*p < 0x20 || *p == 0x7f)) ||
		    (len == 2 && p[0] == 0xc2 && p[1] < 0xa0)) {
			len = 1;
			fprintf(out, "\\x%02x", *p);
		} else {
			fwrite(text, 1, len, out);
		}
	}
}
