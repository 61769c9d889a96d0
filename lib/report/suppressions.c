/* SPDX-License-Identifier: MIT */
/* Suppressions, applied to reports: see suppressions.h.  Offline. */
#include <config.h>
#include "report/suppressions.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/utf8.h"

#define FILE_MAX (4ul << 20)

struct alck_suppressions {
	struct alck_arena arena; /* texts and places */
	struct alck_suppression_rule *rules;
	size_t count, room;
};

struct alck_suppressions *alck_suppressions_new(void)
{
	return calloc(1, sizeof(struct alck_suppressions));
}

void alck_suppressions_free(struct alck_suppressions *s)
{
	if (!s)
		return;
	free(s->rules);
	alck_arena_free(&s->arena);
	free(s);
}

size_t alck_suppressions_count(const struct alck_suppressions *s)
{
	return s ? s->count : 0;
}

struct alck_suppression_rule *
alck_suppressions_rule(const struct alck_suppressions *s, size_t index)
{
	return &s->rules[index];
}

/* ----------------------------------------------------------------- reading */

static int out_of_memory(FILE *out)
{
	fputs("alloccheck: out of memory\n", out);
	return -1;
}

static int add_rule(struct alck_suppressions *s, const char *name,
		    const struct alck_suppression *rule)
{
	struct alck_suppression_rule *row;

	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 16;

		row = reallocarray(s->rules, room, sizeof(*row));
		if (!row)
			return -1;
		s->rules = row;
		s->room = room;
	}
	row = &s->rules[s->count];
	row->words = *rule;
	row->findings = row->times = 0;
	row->place = alck_arena_printf(&s->arena, "%s:%u", name, rule->line);
	if (!row->place)
		return -1;
	s->count++;
	return 0;
}

static void tell_mistake(FILE *out, const char *name,
			 const struct alck_suppression_reader *reader)
{
	size_t len = reader->mistake_word.len;
	char word[64];

	if (len >= sizeof(word))
		len = sizeof(word) - 1;
	memcpy(word, reader->mistake_word.text, len);
	/* A NUL would end it too early. */
	for (size_t i = 0; i < len; i++)
		word[i] = word[i] ? word[i] : '?';
	word[len] = 0;
	fputs("alloccheck: ", out);
	alck_utf8_print(out, name);
	fprintf(out, ":%u: ", reader->mistake_line);
	if (len) {
		alck_utf8_print(out, word);
		fputs(": ", out);
	}
	fprintf(out, "%s\n", reader->mistake);
}

int alck_suppressions_parse(struct alck_suppressions *s, const char *name,
			    const char *text, size_t len, FILE *out)
{
	struct alck_suppression_reader reader;
	struct alck_suppression rule;
	int got, status = 0;
	const char *kept = alck_arena_text(&s->arena, text, len);

	if (!kept)
		return out_of_memory(out);
	alck_suppression_begin(&reader, kept, len);
	while ((got = alck_suppression_next(&reader, &rule))) {
		if (got < 0) {
			tell_mistake(out, name, &reader);
			status = -1;
		} else if (add_rule(s, name, &rule)) {
			return out_of_memory(out);
		}
	}
	return status;
}

/* The bytes of FD, the caller's to free; NULL with errno set. */
static char *read_whole(int fd, size_t *len)
{
	char *text = malloc(FILE_MAX + 1);
	ssize_t n = 1;

	for (*len = 0; text && n && *len <= FILE_MAX; *len += (size_t)n) {
		n = read(fd, text + *len, FILE_MAX + 1 - *len);
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n < 0) {
			free(text);
			return NULL;
		}
	}
	if (text && *len > FILE_MAX) {
		free(text);
		errno = EFBIG;
		return NULL;
	}
	return text;
}

int alck_suppressions_read(struct alck_suppressions *s, const char *path,
			   FILE *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	size_t len = 0;
	int status;

	if (fd >= 0) {
		text = read_whole(fd, &len);
		status = errno;
		close(fd);
		errno = status;
	}
	if (!text) {
		fprintf(out, "alloccheck: %s: %s\n", path, strerror(errno));
		return -1;
	}
	status = alck_suppressions_parse(s, path, text, len, out);
	free(text);
	return status;
}

/* ---------------------------------------------------------------- matching */

/* The finding that is asked about; its stacks are named when a rule has
 * frames, and not before. */
struct asked {
	struct alck_view *view;
	const struct alck_report_finding *finding;
	struct alck_frames stacks[2]; /* [1]: of the allocation */
	int named[2];
};

static const struct alck_frames *stack_of(struct asked *a, int alloc)
{
	const struct alck_report_finding *f = a->finding;
	uint64_t time = alloc	      ? alck_report_alloc_time(f)
			: f->time.set ? f->time.value
				      : UINT64_MAX;

	if (!a->named[alloc])
		a->stacks[alloc] = alck_explain_trim(
			a->view->report,
			alck_symbolizer_stack(
				a->view->symbolizer,
				alloc ? &f->alloc_stack : &f->stack, time));
	a->named[alloc] = 1;
	return &a->stacks[alloc];
}

static unsigned int count_frames(void *data, int alloc, unsigned int *skip)
{
	(void)skip;
	return (unsigned int)stack_of(data, alloc)->count;
}

static enum alck_fit fit_frame(void *data, int alloc, unsigned int index,
			       struct alck_slice module,
			       struct alck_slice function)
{
	struct asked *a = data;
	const struct alck_frame *f = &stack_of(a, alloc)->frame[index];
	const char *path =
		f->module ? alck_report_module_path(a->view->report, f->module)
			  : "";
	const char *base = alck_report_base_name(path);

	if (!alck_glob(module, base, strlen(base)) &&
	    !alck_glob(module, path, strlen(path)))
		return ALCK_FIT_NO;
	if (!function.len)
		return ALCK_FIT_YES;
	return f->function && alck_glob(function, f->function,
					strlen(f->function))
		       ? ALCK_FIT_YES
		       : ALCK_FIT_NO;
}

static void party(const struct alck_report *r, struct alck_number id,
		  const char *names[2])
{
	const struct alck_report_provider *p = alck_report_provider(r, id);

	names[0] = p ? p->family : NULL;
	names[1] = p ? alck_report_base_name(alck_report_provider_path(r, p))
		     : NULL;
}

struct alck_suppression_rule *
alck_suppressions_find(const struct alck_suppressions *s,
		       struct alck_view *view,
		       const struct alck_report_finding *f)
{
	struct asked asked = {.view = view, .finding = f};
	struct alck_suppressible finding = {.code = f->code,
					    .slug = f->slug,
					    .api = f->api,
					    .frames = count_frames,
					    .frame = fit_frame,
					    .data = &asked};

	party(view->report, f->owner, finding.owner);
	party(view->report, f->freer, finding.freer);
	for (size_t i = 0; s && i < s->count; i++)
		if (alck_suppression_fits(&s->rules[i].words, &finding))
			return &s->rules[i];
	return NULL;
}

void alck_suppressions_apply(const struct alck_suppressions *s,
			     struct alck_view *view, struct alck_report *report)
{
	for (size_t i = 0; s && i < report->nfindings; i++) {
		struct alck_report_finding *f = &report->findings[i];
		struct alck_suppression_rule *rule =
			alck_suppressions_find(s, view, f);

		if (!rule)
			continue;
		f->suppressed_by = rule->place;
		rule->findings++;
		rule->times += f->count.value;
	}
}

/* ----------------------------------------------------------------- telling */

/* The words of a rule, or its name, on one line. */
static void put_rule(FILE *out, const struct alck_suppression *rule)
{
	static const char *const keys[] = {
		[ALCK_SUPPRESS_CODE] = "",
		[ALCK_SUPPRESS_OWNER] = "owner=",
		[ALCK_SUPPRESS_FREER] = "freer=",
		[ALCK_SUPPRESS_FREE] = "free=",
		[ALCK_SUPPRESS_ALLOC] = "alloc=",
		[ALCK_SUPPRESS_API] = "api=",
	};
	char *text = NULL;
	size_t len;
	FILE *line = open_memstream(&text, &len);

	if (!line)
		return;
	fwrite(rule->name.text, 1, rule->name.len, line);
	for (unsigned int i = 0; !rule->name.len && i < rule->nitems; i++) {
		fprintf(line, "%s%s", i ? " " : "", keys[rule->items[i].key]);
		fwrite(rule->items[i].value.text, 1, rule->items[i].value.len,
		       line);
	}
	if (!fclose(line))
		alck_utf8_print(out, text);
	free(text);
}

void alck_suppressions_tell(const struct alck_suppressions *s, FILE *out)
{
	for (int used = 1; used >= 0; used--) {
		size_t told = 0;

		for (size_t i = 0; s && i < s->count; i++) {
			const struct alck_suppression_rule *r = &s->rules[i];

			if (used != (r->findings != 0))
				continue;
			if (!told++)
				fputs(used ? "suppressed\n"
					   : "suppressions that were for "
					     "nothing\n",
				      out);
			fputs("  ", out);
			if (used)
				fprintf(out, "%" PRIu64 " time%s  ", r->times,
					r->times == 1 ? "" : "s");
			alck_utf8_print(out, r->place);
			fputs("  ", out);
			put_rule(out, &r->words);
			fputc('\n', out);
		}
	}
}
