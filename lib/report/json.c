/* SPDX-License-Identifier: MIT */
/* JSON, written as it comes: see json.h.  Offline. */
#include "report/json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report/utf8.h"

void alck_json_init(struct alck_json *json, FILE *out)
{
	*json = (struct alck_json){.out = out};
}

static void string(struct alck_json *json, const char *text)
{
	size_t len;

	fputc('"', json->out);
	for (; *text; text += len) {
		len = alck_utf8_length(text);
		if (!len) {
			len = 1;
			fputs("\\ufffd", json->out);
		} else if (*text == '"' || *text == '\\') {
			fprintf(json->out, "\\%c", *text);
		} else if (len == 1 && (*text < 0x20 || *text == 0x7f)) {
			fprintf(json->out, "\\u%04x", (unsigned int)*text);
		} else {
			fwrite(text, 1, len, json->out);
		}
	}
	fputc('"', json->out);
}

static void member(struct alck_json *json, const char *key)
{
	if (json->depth) {
		if (json->filled[json->depth - 1])
			fputc(',', json->out);
		json->filled[json->depth - 1] = 1;
	}
	if (key) {
		string(json, key);
		fputc(':', json->out);
	}
}

static void open(struct alck_json *json, const char *key, char opening,
		 char closing)
{
	member(json, key);
	/* Depth is the caller's structure, never the input's. */
	if (json->depth == ALCK_JSON_DEPTH)
		abort();
	fputc(opening, json->out);
	json->filled[json->depth] = 0;
	json->closing[json->depth++] = closing;
}

void alck_json_object(struct alck_json *json, const char *key)
{
	open(json, key, '{', '}');
}

void alck_json_array(struct alck_json *json, const char *key)
{
	open(json, key, '[', ']');
}

void alck_json_close(struct alck_json *json)
{
	fputc(json->closing[--json->depth], json->out);
	if (!json->depth)
		fputc('\n', json->out);
}

void alck_json_text(struct alck_json *json, const char *key, const char *text)
{
	if (!text) {
		alck_json_null(json, key);
		return;
	}
	member(json, key);
	string(json, text);
}

void alck_json_uint(struct alck_json *json, const char *key, uint64_t value)
{
	member(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void alck_json_hex(struct alck_json *json, const char *key, uint64_t value)
{
	member(json, key);
	fprintf(json->out, "\"0x%" PRIx64 "\"", value);
}

void alck_json_seconds(struct alck_json *json, const char *key, uint64_t ns)
{
	member(json, key);
	/* Not by %f: the locale's decimal point is not JSON's. */
	fprintf(json->out, "%" PRIu64 ".%09u", ns / 1000000000,
		(unsigned int)(ns % 1000000000));
}

void alck_json_bool(struct alck_json *json, const char *key, int value)
{
	member(json, key);
	fputs(value ? "true" : "false", json->out);
}

void alck_json_null(struct alck_json *json, const char *key)
{
	member(json, key);
	fputs("null", json->out);
}
