/* SPDX-License-Identifier: MIT */
/* The language of suppressions: see suppression.h.  Runs anywhere. */
#include "contract/suppression.h"

#include <stdint.h>

static const char prompt[] = "suppress with:";

static const struct {
	const char *name;
	enum alck_suppression_key key;
} keys[] = {
	{"code", ALCK_SUPPRESS_CODE},	{"owner", ALCK_SUPPRESS_OWNER},
	{"freer", ALCK_SUPPRESS_FREER}, {"api", ALCK_SUPPRESS_API},
	{"free", ALCK_SUPPRESS_FREE},	{"alloc", ALCK_SUPPRESS_ALLOC},
};

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static struct alck_slice trimmed(struct alck_slice s)
{
	while (s.len && is_blank(s.text[0])) {
		s.text++;
		s.len--;
	}
	while (s.len && is_blank(s.text[s.len - 1]))
		s.len--;
	return s;
}

static int begins(struct alck_slice s, const char *with)
{
	size_t i = 0;

	for (; with[i]; i++)
		if (i >= s.len || s.text[i] != with[i])
			return 0;
	return 1;
}

static int equals(struct alck_slice s, const char *other)
{
	for (size_t i = 0; i < s.len; i++)
		if (!other[i] || s.text[i] != other[i])
			return 0;
	return !other[s.len];
}

/* ------------------------------------------------------------ the language */

void alck_suppression_begin(struct alck_suppression_reader *r, const char *text,
			    size_t len)
{
	r->text = text;
	r->len = len;
	r->position = 0;
	r->line = 0;
	r->mistake = NULL;
}

/* The next line that has something in it; returns 0 at the end. */
static int next_line(struct alck_suppression_reader *r, struct alck_slice *line)
{
	while (r->position < r->len) {
		size_t end = r->position;

		while (end < r->len && r->text[end] != '\n')
			end++;
		line->text = r->text + r->position;
		line->len = end - r->position;
		*line = trimmed(*line);
		r->position = end < r->len ? end + 1 : end;
		r->line++;
		if (line->len && line->text[0] != '#')
			return 1;
	}
	return 0;
}

static void wrong(struct alck_suppression_reader *r, const char *what,
		  struct alck_slice word)
{
	if (r->mistake)
		return;
	r->mistake = what;
	r->mistake_line = r->line;
	r->mistake_word = word;
}

/* Takes "key=value", or a code where it is the first. */
static void take_word(struct alck_suppression_reader *r,
		      struct alck_suppression *rule, struct alck_slice word)
{
	struct alck_slice name = word, value = {word.text, 0};
	size_t i = 0;

	while (i < word.len && word.text[i] != '=')
		i++;
	if (rule->nitems == ALCK_SUPPRESSION_ITEMS) {
		wrong(r, "more words than a rule can have", word);
		return;
	}
	if (i == word.len) {
		if (rule->nitems) {
			wrong(r, "neither a code nor a key and its value",
			      word);
			return;
		}
		rule->items[0].key = ALCK_SUPPRESS_CODE;
		rule->items[rule->nitems++].value = word;
		return;
	}
	name.len = i;
	value.text = word.text + i + 1;
	value.len = word.len - i - 1;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (equals(name, keys[i].name))
			break;
	if (i == sizeof(keys) / sizeof(keys[0])) {
		wrong(r, "no such key: code, owner, freer, api, free or alloc",
		      name);
		return;
	}
	if (!value.len) {
		wrong(r, "a value is missing", word);
		return;
	}
	rule->items[rule->nitems].key = keys[i].key;
	rule->items[rule->nitems++].value = value;
}

static void take_words(struct alck_suppression_reader *r,
		       struct alck_suppression *rule, struct alck_slice line)
{
	struct alck_slice word;

	while (line.len) {
		word.text = line.text;
		word.len = 0;
		while (word.len < line.len && !is_blank(line.text[word.len]))
			word.len++;
		take_word(r, rule, word);
		line.text += word.len;
		line.len -= word.len;
		line = trimmed(line);
	}
}

/* The lines up to the brace that closes the block. */
static void take_block(struct alck_suppression_reader *r,
		       struct alck_suppression *rule)
{
	struct alck_slice line = {r->text, 0};

	while (next_line(r, &line)) {
		if (equals(line, "}"))
			return;
		if (equals(line, "{"))
			wrong(r, "the block before it is not closed", line);
		else
			take_words(r, rule, line);
	}
	line.len = 0;
	wrong(r, "the block is not closed by a line with }", line);
}

int alck_suppression_next(struct alck_suppression_reader *r,
			  struct alck_suppression *rule)
{
	struct alck_slice line;

	r->mistake = NULL;
	if (!next_line(r, &line))
		return 0;
	rule->name.text = line.text;
	rule->name.len = 0;
	rule->nitems = 0;
	rule->line = r->line;
	rule->text = line;
	if (line.text[0] == '{') {
		rule->name.text++;
		rule->name.len = line.len - 1;
		rule->name = trimmed(rule->name);
		take_block(r, rule);
		rule->text.len = (size_t)(r->text + r->position - line.text);
	} else {
		/* A line of a report may be copied as it is. */
		if (begins(line, prompt)) {
			line.text += sizeof(prompt) - 1;
			line.len -= sizeof(prompt) - 1;
			line = trimmed(line);
		}
		take_words(r, rule, line);
	}
	if (!rule->nitems)
		wrong(r, "a rule that says nothing", rule->name);
	return r->mistake ? -1 : 1;
}

/* --------------------------------------------------------------- does it fit
 */

int alck_glob(struct alck_slice pattern, const char *text, size_t len)
{
	size_t p = 0, t = 0, star = (size_t)-1, again = 0;

	while (t < len) {
		if (p < pattern.len && pattern.text[p] == '*') {
			star = p++;
			again = t;
		} else if (p < pattern.len && (pattern.text[p] == '?' ||
					       pattern.text[p] == text[t])) {
			p++;
			t++;
		} else if (star != (size_t)-1) {
			/* The last star takes one more. */
			p = star + 1;
			t = ++again;
		} else {
			return 0;
		}
	}
	while (p < pattern.len && pattern.text[p] == '*')
		p++;
	return p == pattern.len;
}

static int fits_text(struct alck_slice pattern, const char *text)
{
	size_t len = 0;

	while (text && text[len]) {
		/* Or a compiler makes a call of strlen of it. */
		__asm__ volatile("");
		len++;
	}
	return text && alck_glob(pattern, text, len);
}

static int fits_either(struct alck_slice pattern, const char *const text[2])
{
	if (!text[0] && !text[1])
		return fits_text(pattern, "unknown");
	return fits_text(pattern, text[0]) || fits_text(pattern, text[1]);
}

/* The frames of one stack in a rule. */
struct frames {
	struct alck_slice pattern[ALCK_SUPPRESSION_ITEMS];
	unsigned int count;
	int alloc;
};

static enum alck_fit frame_fits(const struct alck_suppressible *finding,
				const struct frames *frames, unsigned int which,
				unsigned int index, int loosely)
{
	struct alck_slice module = frames->pattern[which], function;
	enum alck_fit fit;
	size_t i = 0;

	while (i < module.len && module.text[i] != '!')
		i++;
	function.text = module.text + i;
	function.len = 0;
	if (i < module.len) {
		function.text++;
		function.len = module.len - i - 1;
		module.len = i;
	}
	/* Any function: its name need not be known. */
	if (alck_glob(function, "", 0))
		function.len = 0;
	fit = finding->frame(finding->data, frames->alloc, index, module,
			     function);
	return fit == ALCK_FIT_MODULE && !loosely ? ALCK_FIT_NO : fit;
}

#define BIT(n) ((uint64_t)1 << (n))

/* SET with what can be reached from it without a frame: "..." may be none. */
static uint64_t closed(const struct frames *frames, uint64_t set)
{
	for (unsigned int i = 0; i < frames->count; i++)
		if (set & BIT(i) && equals(frames->pattern[i], "..."))
			set |= BIT(i + 1);
	return set;
}

/* Where the patterns in SET get to over the frame INDEX. */
static uint64_t over_frame(const struct alck_suppressible *finding,
			   const struct frames *frames, uint64_t set,
			   unsigned int index, int loosely)
{
	uint64_t next = 0;

	for (unsigned int i = 0; i < frames->count; i++) {
		enum alck_fit fit;

		if (!(set & BIT(i)))
			continue;
		if (equals(frames->pattern[i], "...")) {
			next |= BIT(i);
			continue;
		}
		fit = frame_fits(finding, frames, i, index, loosely);
		if (fit != ALCK_FIT_NO)
			next |= BIT(i + 1);
		/* One frame may be several functions, the inner ones inlined:
		 * who cannot tell them takes the next pattern for this frame
		 * too. */
		if (fit == ALCK_FIT_MODULE)
			set |= closed(frames, BIT(i + 1));
	}
	return closed(frames, next);
}

static int fits_stack(const struct alck_suppressible *finding,
		      const struct frames *frames, int loosely)
{
	unsigned int skip = 0;
	unsigned int count =
		finding->frames(finding->data, frames->alloc, &skip);
	uint64_t start = closed(frames, BIT(0)), set = start;

	for (unsigned int i = 0; i < count; i++) {
		if (set & BIT(frames->count) || !set)
			break;
		set = over_frame(finding, frames, set, i, loosely);
		if (i < skip)
			set |= start;
	}
	return (set & BIT(frames->count)) != 0;
}

enum alck_fit alck_suppression_fits(const struct alck_suppression *rule,
				    const struct alck_suppressible *finding)
{
	struct frames stacks[2];
	enum alck_fit fit = ALCK_FIT_YES;

	stacks[0].count = stacks[1].count = 0;
	stacks[0].alloc = 0;
	stacks[1].alloc = 1;
	for (unsigned int i = 0; i < rule->nitems; i++) {
		struct alck_slice value = rule->items[i].value;
		struct frames *stack =
			&stacks[rule->items[i].key == ALCK_SUPPRESS_ALLOC];

		switch (rule->items[i].key) {
		case ALCK_SUPPRESS_CODE:
			if (!fits_text(value, finding->code) &&
			    !fits_text(value, finding->slug))
				return ALCK_FIT_NO;
			break;
		case ALCK_SUPPRESS_OWNER:
			if (!fits_either(value, finding->owner))
				return ALCK_FIT_NO;
			break;
		case ALCK_SUPPRESS_FREER:
			if (!fits_either(value, finding->freer))
				return ALCK_FIT_NO;
			break;
		case ALCK_SUPPRESS_API:
			if (!fits_text(value, finding->api))
				return ALCK_FIT_NO;
			break;
		case ALCK_SUPPRESS_FREE:
		case ALCK_SUPPRESS_ALLOC:
			stack->pattern[stack->count++] = value;
			break;
		}
	}
	for (int i = 0; i < 2; i++) {
		if (!stacks[i].count || fits_stack(finding, &stacks[i], 0))
			continue;
		if (!fits_stack(finding, &stacks[i], 1))
			return ALCK_FIT_NO;
		fit = ALCK_FIT_MODULE;
	}
	return fit;
}
