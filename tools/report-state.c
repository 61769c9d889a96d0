/* SPDX-License-Identifier: MIT */
/* Live processes and cores in place of reports: see report-state.h. */
#include <config.h>

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inspect/state.h"
#include "report/age.h"
#include "report/crash.h"
#include "report/reader.h"
#include "report/render-text.h"
#include "report/utf8.h"
#include "tools/report-state.h"

#define EXIT_UNREADABLE 2

static int is_number(const char *name)
{
	return *name && !name[strspn(name, "0123456789")];
}

static int is_core(const char *name)
{
	unsigned char head[20] = {0};
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (fd >= 0)
		close(fd);
	return n == sizeof(head) && !memcmp(head, ELFMAG, SELFMAG) &&
	       head[16] == ET_CORE;
}

int alck_report_is_state(const char *name)
{
	return is_core(name) || (is_number(name) && access(name, F_OK));
}

struct source {
	struct alck_memory *memory;
	struct alck_state *state;
	unsigned char *bytes;
	size_t len;
};

static void close_source(struct source *s)
{
	free(s->bytes);
	alck_state_free(s->state);
	alck_memory_close(s->memory);
}

static void say(void *data, const char *sentence)
{
	fprintf(stderr, "alloccheck: %s: ", (const char *)data);
	alck_utf8_print(stderr, sentence);
	fputc('\n', stderr);
}

static int open_source(struct source *s, const char *name,
		       const struct alck_core_places *places)
{
	char why[1024] = "out of memory";

	memset(s, 0, sizeof(*s));
	if (is_core(name))
		s->memory = alck_memory_of_core(name, places, why, sizeof(why));
	else
		s->memory = alck_memory_of_process((pid_t)atol(name), why,
						   sizeof(why));
	if (!s->memory) {
		fprintf(stderr, "alloccheck: %s\n", why);
		return -1;
	}
	s->state = alck_state_new(s->memory, why, sizeof(why));
	if (s->state)
		s->bytes = alck_state_report(s->state, &s->len);
	alck_memory_doubts(s->memory, say, (void *)name);
	if (s->bytes)
		return 0;
	fprintf(stderr, "alloccheck: %s: %s\n", name, why);
	close_source(s);
	return -1;
}

const char *alck_report_of_state(const char *name,
				 const struct alck_core_places *places)
{
	struct source s;
	char *path = NULL;
	size_t done = 0;
	ssize_t n = 0;
	int fd;

	if (open_source(&s, name, places))
		return NULL;
	fd = memfd_create(name, MFD_CLOEXEC);
	while (fd >= 0 && done < s.len && n >= 0) {
		n = write(fd, s.bytes + done, s.len - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || n < 0 || asprintf(&path, "/proc/self/fd/%d", fd) < 0) {
		fprintf(stderr, "alloccheck: %s: %s\n", name, strerror(errno));
		path = NULL;
	}
	close_source(&s);
	return path;
}

static struct alck_number number(uint64_t value)
{
	return (struct alck_number){value, 1};
}

static void call(const struct alck_text_style *style, struct alck_view *view,
		 const char *what, const struct alck_state_call *c)
{
	struct alck_words words = {c->stack, c->depth};

	if (!c->api[0])
		return;
	if (!c->depth)
		printf("  %s by %s in thread %" PRIu32 " (no stack was kept)\n",
		       what, c->api, c->thread);
	alck_render_text_stack(
		style, view->report, what, c->api, number(c->thread),
		alck_symbolizer_stack(view->symbolizer, &words, UINT64_MAX));
}

/* How long ago B was handed out, as far as that is known. */
static void say_age(struct alck_state *state, struct alck_view *view,
		    const struct alck_state_block *b)
{
	struct alck_arena *arena = &view->arena;
	struct alck_state_age age;
	const char *least, *most;

	alck_state_age(state, b->begin, view->report->crash.time.value, &age);
	least = alck_age_words(arena, age.least);
	most = alck_age_words(arena, age.most);
	switch (age.kind) {
	case ALCK_STATE_AGE_OFF:
		puts("; its age is kept with age=1 alone");
		return;
	case ALCK_STATE_AGE_UNKNOWN:
		puts("; its age was not kept");
		return;
	default:
		break;
	}
	printf("; allocated %" PRIu64 ".%02u s after the start",
	       age.allocated / 1000000000,
	       (unsigned int)(age.allocated % 1000000000 / 10000000));
	if (age.kind == ALCK_STATE_AGE_LIVE)
		printf(", %s ago", least);
	else if (age.least || !age.most)
		printf(", %s%s before the core", age.least ? "at least " : "",
		       least);
	if (age.kind == ALCK_STATE_AGE_CORE && age.most)
		printf(", at most %s%s by its file's time", most,
		       age.least ? "" : " before the core");
	putchar('\n');
}

static void show(struct alck_state *state, const struct alck_report *report,
		 uint64_t address, const struct alck_state_block *b)
{
	struct alck_text_style style = {.out = stdout};
	struct alck_report_held held = {
		.state = b->live ? "live" : "freed",
		.pointer = number(address),
		.begin = number(b->begin),
		.size = {b->size, b->size_known},
		.owner = number(b->owner),
	};
	struct alck_view view;

	if (alck_view_init(&view, report, NULL))
		return;
	printf("%#" PRIx64 " ", address);
	alck_utf8_print(stdout, alck_crash_block(&view.arena, report, &held));
	say_age(state, &view, b);
	call(&style, &view, "allocated", &b->allocated);
	call(&style, &view, "freed", &b->freed);
	alck_view_done(&view);
}

int alck_report_who(const char *name, const struct alck_core_places *places,
		    const char *address)
{
	static struct alck_state_block block;
	struct alck_report *report;
	struct source s;
	uint64_t value;
	char *end;
	int found;

	errno = 0;
	value = strtoull(address, &end, 16);
	if (errno || !*address || *end) {
		fprintf(stderr, "alloccheck: %s: not an address\n", address);
		return EXIT_FAILURE;
	}
	if (!alck_report_is_state(name)) {
		fprintf(stderr,
			"alloccheck: %s: --who is for a live process or a "
			"core\n",
			name);
		return EXIT_FAILURE;
	}
	if (open_source(&s, name, places))
		return EXIT_UNREADABLE;
	found = alck_state_who(s.state, value, &block);
	report = alck_reader_parse(name, s.bytes, s.len);
	if (found > 0 && report)
		show(s.state, report, value, &block);
	else if (found < 0)
		fprintf(stderr, "alloccheck: %s: its table cannot be read\n",
			name);
	else
		printf("%#" PRIx64 " leads to no block that was recorded\n",
		       value);
	alck_report_free(report);
	close_source(&s);
	return found < 0 ? EXIT_UNREADABLE : 0;
}
