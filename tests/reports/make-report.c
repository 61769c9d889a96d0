/* SPDX-License-Identifier: MIT */
/*
 * Turns the readable description of a report into the report: the samples in
 * this folder are kept as descriptions.  Takes a description on standard
 * input, gives the bytes on standard output.  See README for the language.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"

#define FILE_MAX  (8u << 20)
#define WORDS_MAX 4096

static const struct {
	const char *name;
	enum alck_record_type type;
} records[] = {
#define RECORD(number, id) {#id, ALCK_RECORD_##id},
#include "contract/record.def"
#undef RECORD
};

static const struct {
	const char *name;
	enum alck_field field;
	enum alck_field_type type;
} fields[] = {
#define FIELD(number, id, type) {#id, ALCK_FIELD_##id, ALCK_TYPE_##type},
#include "contract/record.def"
#undef FIELD
};

static unsigned char *file;
static size_t used;
static struct alck_record_writer writer;
static int in_record;
static unsigned int line_number;

static void fail(const char *why, const char *what)
{
	fprintf(stderr, "make-report: line %u: %s: %s\n", line_number, why,
		what);
	exit(EXIT_FAILURE);
}

static void end_record(void)
{
	if (in_record)
		used += alck_record_end(&writer);
	in_record = 0;
}

static unsigned long number(char **text)
{
	char *end;
	unsigned long value = strtoul(*text, &end, 0);

	if (end == *text)
		fail("not a number", *text);
	*text = end + strspn(end, " \t");
	return value;
}

static size_t hex(char *text, unsigned char *bytes, size_t room)
{
	size_t len = 0;
	unsigned int byte;

	for (; *text; text += 2 + strspn(text + 2, " ")) {
		if (len == room || !isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			fail("not bytes in hex", text);
		bytes[len++] = (unsigned char)byte;
	}
	return len;
}

/* "text" with \", \\, \n and \xNN, in place. */
static char *quoted(char *text)
{
	char *from = text + 1, *to = text;
	unsigned int byte;

	if (*text != '"')
		fail("not in quotes", text);
	while (*from && *from != '"') {
		if (*from == '\\' && from[1] == 'x') {
			if (sscanf(from + 2, "%2x", &byte) != 1)
				fail("not a byte", from);
			*to++ = (char)byte;
			from += 4;
			continue;
		}
		if (*from == '\\' && from[1] == 'n') {
			*to++ = '\n';
			from += 2;
			continue;
		}
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	if (!*from)
		fail("no closing quote", text);
	*to = '\0';
	return text;
}

static void begin(const char *name)
{
	end_record();
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		if (!strcmp(name, records[i].name)) {
			alck_record_begin(&writer, file + used, FILE_MAX - used,
					  records[i].type);
			in_record = 1;
			return;
		}
	/* One that this version does not know. */
	if (!isdigit((unsigned char)*name))
		fail("no such record", name);
	alck_record_begin(&writer, file + used, FILE_MAX - used,
			  (enum alck_record_type)atoi(name));
	in_record = 1;
}

static void add_field(const char *name, char *value)
{
	static unsigned char bytes[WORDS_MAX];
	static uint64_t words[WORDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(name, fields[i].name))
			continue;
		if (!in_record)
			fail("outside of a record", name);
		switch (fields[i].type) {
		case ALCK_TYPE_UINT:
			alck_record_uint(&writer, fields[i].field,
					 number(&value));
			break;
		case ALCK_TYPE_TEXT:
			alck_record_text(&writer, fields[i].field,
					 quoted(value));
			break;
		case ALCK_TYPE_BYTES:
			count = hex(value, bytes, sizeof(bytes));
			alck_record_bytes(&writer, fields[i].field, bytes,
					  count);
			break;
		case ALCK_TYPE_WORDS:
			while (*value && count < WORDS_MAX)
				words[count++] = number(&value);
			alck_record_words(&writer, fields[i].field, words,
					  count);
			break;
		}
		if (writer.full)
			fail("does not fit", name);
		return;
	}
	fail("no such field", name);
}

/* A field of any number and type: "field 250 2 hex". */
static void any_field(char *value)
{
	unsigned char *p = writer.buf + writer.used;
	size_t len;

	if (!in_record)
		fail("outside of a record", value);
	p[0] = (unsigned char)number(&value);
	p[1] = (unsigned char)number(&value);
	len = hex(value, p + 4, 4096);
	p[2] = (unsigned char)len;
	p[3] = (unsigned char)(len >> 8);
	writer.used += 4 + len;
}

static void command(const char *name, char *value)
{
	unsigned long n;

	if (!strcmp(name, "record")) {
		begin(value);
	} else if (!strcmp(name, "field")) {
		any_field(value);
	} else if (!strcmp(name, "raw")) {
		/* Inside a record it is part of the payload. */
		if (in_record)
			writer.used +=
				hex(value, writer.buf + writer.used, 4096);
		else
			used += hex(value, file + used, 4096);
	} else if (!strcmp(name, "end")) {
		end_record();
	} else if (!strcmp(name, "version")) {
		file[8] = (unsigned char)number(&value);
		file[10] = (unsigned char)number(&value);
	} else if (!strcmp(name, "empty")) {
		used = 0;
	} else if (!strcmp(name, "cut")) {
		end_record();
		n = number(&value);
		if (n > used)
			fail("more than there is", "cut");
		used -= n;
	} else if (!strcmp(name, "flip")) {
		/* Counted from the end, so that it hits the last record. */
		end_record();
		n = number(&value);
		if (!n || n > used)
			fail("outside of the file", "flip");
		file[used - n] ^= 1;
	} else {
		add_field(name, value);
	}
}

int main(void)
{
	static char line[65536];
	char *name, *value;

	file = calloc(1, FILE_MAX);
	if (!file)
		return EXIT_FAILURE;
	alck_record_file_header(file);
	used = ALCK_FILE_HEADER;
	while (fgets(line, sizeof(line), stdin)) {
		line_number++;
		line[strcspn(line, "\n")] = '\0';
		name = line + strspn(line, " \t");
		if (!*name || *name == '#')
			continue;
		value = name + strcspn(name, " \t");
		if (*value)
			*value++ = '\0';
		command(name, value + strspn(value, " \t"));
	}
	end_record();
	if (fwrite(file, 1, used, stdout) != used || fflush(stdout))
		return EXIT_FAILURE;
	free(file);
	return EXIT_SUCCESS;
}
