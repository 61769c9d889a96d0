/* SPDX-License-Identifier: MIT */
/*
 * ALLOCCHECK_OPTIONS of any bytes.  Whatever was understood can be written and
 * is understood again as the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/options.h"
#include "tests/fuzz/fuzz.h"

static void in_range(const struct alck_options *o)
{
	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		char value[ALCK_OPTION_TEXT_MAX + 1];
		size_t len = alck_option_format(o, row, value, sizeof(value));

		if (len >= ALCK_OPTION_TEXT_MAX || strlen(value) != len)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct alck_options first, again;
	struct alck_option_error error;
	char *text = malloc(len + 1), value[ALCK_OPTION_TEXT_MAX + 1];

	if (!text)
		return 0;
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	alck_options_default(&first);
	if (alck_options_parse(&first, text, &error) &&
	    (error.status == ALCK_OPTION_OK || error.name < text ||
	     error.name + error.name_len > text + len ||
	     error.value + error.value_len > text + len))
		abort();
	in_range(&first);
	alck_options_default(&again);
	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];

		alck_option_format(&first, row, value, sizeof(value));
		if (alck_options_set(&again, row->name, strlen(row->name),
				     value, strlen(value)))
			abort();
		/* A list is shown with commas. */
		if (row->kind == ALCK_OPTION_LIST)
			memcpy((char *)&again + row->offset,
			       (char *)&first + row->offset,
			       ALCK_OPTION_TEXT_MAX);
	}
	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		char other[ALCK_OPTION_TEXT_MAX + 1];

		alck_option_format(&first, row, value, sizeof(value));
		alck_option_format(&again, row, other, sizeof(other));
		if (strcmp(value, other))
			abort();
	}
	free(text);
	return 0;
}
