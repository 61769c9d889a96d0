/* SPDX-License-Identifier: MIT */
/*
 * The options: see options.h.
 *
 * Runs anywhere, signal-safe, and before libc is relocated: so it calls
 * nothing outside this file, and its loops are kept from being turned into
 * calls of memset, memcpy or strlen, which gcc -O2 does to plain ones.
 */
#include "contract/options.h"

/* An empty statement that a compiler cannot take for part of an idiom. */
#define KEEP_LOOP() __asm__ volatile("")

const struct alck_option_row alck_option_rows[] = {
#define AT(name) offsetof(struct alck_options, name)
#define CHOICE(name, def, words, help) \
	{#name, ALCK_OPTION_CHOICE, words, #def, 0, 0, help, AT(name)},
#define NUMBER(name, def, min, max, help) \
	{#name, ALCK_OPTION_NUMBER, "", #def, min, max, help, AT(name)},
#define FLAG(name, def, help) \
	{#name, ALCK_OPTION_FLAG, "", #def, 0, 1, help, AT(name)},
#define TEXT(name, def, help) \
	{#name, ALCK_OPTION_TEXT, "", def, 0, 0, help, AT(name)},
#define LIST(name, help) \
	{#name, ALCK_OPTION_LIST, "", "", 0, 0, help, AT(name)},
#include "contract/options.def"
#undef CHOICE
#undef NUMBER
#undef FLAG
#undef TEXT
#undef LIST
#undef AT
};

const unsigned int alck_noption_rows =
	sizeof(alck_option_rows) / sizeof(alck_option_rows[0]);

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		KEEP_LOOP();
		n++;
	}
	return n;
}

static int *number_of(struct alck_options *options,
		      const struct alck_option_row *row)
{
	return (int *)(void *)((char *)options + row->offset);
}

static int value_of(const struct alck_options *options,
		    const struct alck_option_row *row)
{
	return *(const int *)(const void *)((const char *)options +
					    row->offset);
}

/* A name matches in full; '-' counts as '_'. */
static int names(const struct alck_option_row *row, const char *name,
		 size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i] == '-' ? '_' : name[i];

		if (!row->name[i] || row->name[i] != c)
			return 0;
	}
	return !row->name[len];
}

const struct alck_option_row *alck_option_find(const char *name,
					       size_t name_len)
{
	for (unsigned int i = 0; i < alck_noption_rows; i++)
		if (names(&alck_option_rows[i], name, name_len))
			return &alck_option_rows[i];
	return NULL;
}

/* The index of the word VALUE in "a|b|c", or -1. */
static int word_index(const char *words, const char *value, size_t len)
{
	int index = 0;
	size_t i = 0;

	for (;;) {
		size_t n = 0;
		int equal = 1;

		while (words[i + n] && words[i + n] != '|') {
			if (n >= len || words[i + n] != value[n])
				equal = 0;
			n++;
		}
		if (equal && n == len)
			return index;
		if (!words[i + n])
			return -1;
		i += n + 1;
		index++;
	}
}

/* A decimal number in [MIN, MAX], or -1 (no option takes negative ones). */
static int decimal(const char *value, size_t len, int min, int max)
{
	long n = 0;

	if (!len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return -1;
		n = n * 10 + (value[i] - '0');
		if (n > max)
			return -1;
	}
	return n < min ? -1 : (int)n;
}

static int escapes(const char *value, size_t i, size_t len)
{
	return value[i] == '\\' && i + 1 < len &&
	       (value[i + 1] == ':' || value[i + 1] == '\\');
}

static enum alck_option_status set_text(char *to, const char *value, size_t len,
					int escaped, int add)
{
	size_t begin = add ? length(to) : 0, n = begin;

	for (size_t i = 0; i < len; i++, n++)
		if (escaped && escapes(value, i, len))
			i++;
	if (n + (begin != 0) >= ALCK_OPTION_TEXT_MAX)
		return ALCK_OPTION_TOO_LONG;
	n = begin;
	if (begin)
		to[n++] = '\n';
	for (size_t i = 0; i < len; i++) {
		KEEP_LOOP();
		if (escaped && escapes(value, i, len))
			i++;
		to[n++] = value[i];
	}
	to[n] = 0;
	return ALCK_OPTION_OK;
}

static enum alck_option_status set_row(struct alck_options *options,
				       const struct alck_option_row *row,
				       const char *value, size_t len,
				       int escaped)
{
	int n;

	switch (row->kind) {
	case ALCK_OPTION_TEXT:
		return set_text((char *)options + row->offset, value, len,
				escaped, 0);
	case ALCK_OPTION_LIST:
		return set_text((char *)options + row->offset, value, len,
				escaped, len != 0);
	case ALCK_OPTION_CHOICE:
		n = word_index(row->words, value, len);
		break;
	default:
		n = decimal(value, len, row->min, row->max);
		break;
	}
	if (n < 0)
		return ALCK_OPTION_BAD_VALUE;
	*number_of(options, row) = n;
	return ALCK_OPTION_OK;
}

void alck_options_default(struct alck_options *options)
{
	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];

		set_row(options, row, row->def, length(row->def), 0);
	}
}

enum alck_option_status alck_options_set(struct alck_options *options,
					 const char *name, size_t name_len,
					 const char *value, size_t value_len)
{
	const struct alck_option_row *row = alck_option_find(name, name_len);

	if (!row)
		return ALCK_OPTION_UNKNOWN;
	return set_row(options, row, value, value_len, 0);
}

/* Reads one "k=v" of LEN bytes; fills E. */
static enum alck_option_status parse_one(struct alck_options *options,
					 const char *text, size_t len,
					 struct alck_option_error *e)
{
	size_t n = 0;

	while (n < len && text[n] != '=')
		n++;
	e->name = text;
	e->name_len = n;
	e->value = n < len ? text + n + 1 : text + n;
	e->value_len = n < len ? len - n - 1 : 0;
	e->row = alck_option_find(text, n);
	if (!e->row)
		return ALCK_OPTION_UNKNOWN;
	if (n < len)
		return set_row(options, e->row, e->value, e->value_len, 1);
	if (e->row->kind != ALCK_OPTION_FLAG)
		return ALCK_OPTION_NO_VALUE;
	*number_of(options, e->row) = 1;
	return ALCK_OPTION_OK;
}

int alck_options_parse(struct alck_options *options, const char *text,
		       struct alck_option_error *error)
{
	int bad = 0;

	while (*text) {
		struct alck_option_error e;
		size_t len = 0;

		while (text[len] && text[len] != ':')
			len += text[len] == '\\' && text[len + 1] ? 2 : 1;
		if (len) {
			e.status = parse_one(options, text, len, &e);
			if (e.status != ALCK_OPTION_OK && !bad++ && error) {
				error->status = e.status;
				error->name = e.name;
				error->name_len = e.name_len;
				error->value = e.value;
				error->value_len = e.value_len;
				error->row = e.row;
			}
		}
		text += len + (text[len] == ':');
	}
	return bad;
}

/* Puts the character C at *AT of BUF, where there is room for it and the NUL
 * behind it. */
static void put(char *buf, size_t size, size_t *at, char c)
{
	if (*at + 1 < size)
		buf[*at] = c;
	++*at;
}

static void put_decimal(char *buf, size_t size, size_t *at, int value)
{
	char digits[12];
	int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		put(buf, size, at, digits[--n]);
}

size_t alck_option_format(const struct alck_options *options,
			  const struct alck_option_row *row, char *buf,
			  size_t size)
{
	const char *text = (const char *)options + row->offset;
	size_t at = 0;

	if (row->kind == ALCK_OPTION_CHOICE) {
		int skip = value_of(options, row);

		text = row->words;
		while (skip && *text)
			skip -= *text++ == '|';
		while (*text && *text != '|')
			put(buf, size, &at, *text++);
	} else if (row->kind == ALCK_OPTION_TEXT ||
		   row->kind == ALCK_OPTION_LIST) {
		for (; *text; text++)
			put(buf, size, &at, *text == '\n' ? ',' : *text);
	} else {
		put_decimal(buf, size, &at, value_of(options, row));
	}
	if (size)
		buf[at < size ? at : size - 1] = 0;
	return at;
}
