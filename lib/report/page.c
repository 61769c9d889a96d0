/* SPDX-License-Identifier: MIT */
/* Blocks of the HTML template: see page.h.  Offline. */
#include "report/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/utf8.h"

/* page.html, a line each: made by the rule in local.mk. */
static const char *const template[] = {
#include "lib/report/page.inc"
	NULL,
};

#define BLOCK  "@block "
#define PLACES 24

struct place {
	const char *name, *value;
};

static unsigned int code_point(const unsigned char *p, size_t len)
{
	unsigned int c = len == 2   ? p[0] & 0x1fu
			 : len == 3 ? p[0] & 0x0fu
				    : p[0] & 0x07u;

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* Characters that are not seen, and make others be seen as what they are
 * not. */
static int deceives(unsigned int c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

void alck_page_escape(FILE *out, const char *text)
{
	size_t len;

	for (; *text; text += len) {
		const unsigned char *p = (const unsigned char *)text;

		len = alck_utf8_length(text);
		if (!len || (len == 1 && (*p < 0x20 || *p == 0x7f))) {
			len = 1;
			if (*p == '\n' || *p == '\t')
				fputc(*p, out);
			else
				fprintf(out, "\\x%02x", *p);
		} else if (len == 1 && strchr("&<>\"'`", *p)) {
			fprintf(out, "&#%u;", *p);
		} else if (len > 1 && deceives(code_point(p, len))) {
			fprintf(out, "\\u%04x", code_point(p, len));
		} else {
			fwrite(text, 1, len, out);
		}
	}
}

static const char *value_of(const struct place *places, const char *name,
			    size_t len)
{
	for (; places->name; places++)
		if (!strncmp(places->name, name, len) && !places->name[len])
			return places->value ? places->value : "";
	abort();
}

static void put_line(FILE *out, const char *line, const struct place *places)
{
	const char *open, *close;

	while ((open = strstr(line, "{{")) && (close = strstr(open, "}}"))) {
		fwrite(line, 1, (size_t)(open - line), out);
		alck_page_escape(out, value_of(places, open + 2,
					       (size_t)(close - open - 2)));
		line = close + 2;
	}
	fputs(line, out);
}

/* The first line of the block NAME. */
static const char *const *find(const char *name)
{
	size_t len = strlen(name);

	for (const char *const *line = template; *line; line++)
		if (!strncmp(*line, BLOCK, sizeof(BLOCK) - 1) &&
		    !strncmp(*line + sizeof(BLOCK) - 1, name, len) &&
		    (*line)[sizeof(BLOCK) - 1 + len] == '\n')
			return line + 1;
	abort();
}

void alck_page_put(FILE *out, const char *name, ...)
{
	struct place places[PLACES + 1];
	size_t count = 0;
	va_list args;

	va_start(args, name);
	for (;;) {
		places[count].name = va_arg(args, const char *);
		if (!places[count].name)
			break;
		if (count == PLACES)
			abort();
		places[count++].value = va_arg(args, const char *);
	}
	va_end(args);
	for (const char *const *line = find(name);
	     *line && strncmp(*line, BLOCK, sizeof(BLOCK) - 1); line++)
		put_line(out, *line, places);
}
