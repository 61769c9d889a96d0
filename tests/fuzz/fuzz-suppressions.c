/* SPDX-License-Identifier: MIT */
/*
 * A file of suppressions of any bytes, and each of its rules asked about a
 * finding.  A rule that could be read is read again from its own text, and is
 * the same.
 */
#include <stdlib.h>
#include <string.h>

#include "contract/suppression.h"
#include "tests/fuzz/fuzz.h"

static unsigned int frames(void *data, int alloc, unsigned int *skip)
{
	(void)data;
	*skip = alloc ? 2 : 0;
	return alloc ? 5 : 70;
}

/* Every kind of answer. */
static enum alck_fit frame(void *data, int alloc, unsigned int index,
			   struct alck_slice module, struct alck_slice function)
{
	static const char *const modules[] = {"plugin.so", "libc.so.6", "a"};
	const char *name = modules[index % 3];

	(void)data;
	(void)alloc;
	if (!alck_glob(module, name, strlen(name)))
		return ALCK_FIT_NO;
	if (index % 2 && function.len)
		return ALCK_FIT_MODULE;
	return !function.len || alck_glob(function, "release", 7) ? ALCK_FIT_YES
								  : ALCK_FIT_NO;
}

static void inside(const char *text, size_t len, struct alck_slice slice)
{
	if (slice.text < text || slice.len > len ||
	    slice.text + slice.len > text + len)
		abort();
}

static void check(const char *text, size_t len,
		  const struct alck_suppression *rule)
{
	struct alck_suppression_reader again;
	struct alck_suppression copy;

	if (!rule->nitems || rule->nitems > ALCK_SUPPRESSION_ITEMS)
		abort();
	inside(text, len, rule->name);
	inside(text, len, rule->text);
	for (unsigned int i = 0; i < rule->nitems; i++)
		inside(text, len, rule->items[i].value);
	alck_suppression_begin(&again, rule->text.text, rule->text.len);
	if (alck_suppression_next(&again, &copy) != 1 ||
	    copy.nitems != rule->nitems || copy.name.len != rule->name.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct alck_suppressible finding = {
		.code = "T1b",
		.slug = "deep-bind-libc-memory",
		.api = "free",
		.owner = {"jemalloc", "libjemalloc.so.2"},
		.frames = frames,
		.frame = frame,
	};
	struct alck_suppression_reader reader;
	struct alck_suppression rule;
	char *text = malloc(len ? len : 1);
	int got;

	if (!text)
		return 0;
	if (len)
		memcpy(text, data, len);
	alck_suppression_begin(&reader, text, len);
	while ((got = alck_suppression_next(&reader, &rule))) {
		if (got < 0 && !reader.mistake)
			abort();
		if (got < 0) {
			inside(text, len, reader.mistake_word);
			continue;
		}
		check(text, len, &rule);
		alck_suppression_fits(&rule, &finding);
	}
	free(text);
	return 0;
}
