/* SPDX-License-Identifier: MIT */
/* Reads report files: see reader.h, and doc/FORMAT for the bytes.  Offline. */
#include <config.h>
#include "report/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/record.h"

#define FILE_MAX (256ul << 20)
#define ARGS_MAX 65536
/* False marks may each ask for a checksum over 64 KiB; this many bytes are
 * spent on them, then the rest is given up. */
#define RESYNC_MAX (256ul << 20)

struct parse {
	struct alck_report *report;
	const unsigned char *bytes;
	size_t len;
	size_t places, skipped, first; /* of damage */
	size_t wasted;		       /* bytes checked in vain */
	size_t malformed;	       /* records with a malformed field */
};

/* Where a field of a record goes. */
struct slot {
	uint8_t field, type;
	size_t offset;
};

#define UINT(id, member)                                                      \
	{                                                                     \
		ALCK_FIELD_##id, ALCK_TYPE_UINT, offsetof(struct ROW, member) \
	}
#define TEXT(id, member)                                                      \
	{                                                                     \
		ALCK_FIELD_##id, ALCK_TYPE_TEXT, offsetof(struct ROW, member) \
	}
#define BYTES(id, member)                                                      \
	{                                                                      \
		ALCK_FIELD_##id, ALCK_TYPE_BYTES, offsetof(struct ROW, member) \
	}
#define WORDS(id, member)                                                      \
	{                                                                      \
		ALCK_FIELD_##id, ALCK_TYPE_WORDS, offsetof(struct ROW, member) \
	}
#define END             \
	{               \
		0, 0, 0 \
	}

#define ROW alck_report_process
static const struct slot process_slots[] = {
	UINT(PID, pid),
	UINT(PPID, ppid),
	UINT(STARTED, started),
	UINT(LAUNCHER, launcher),
	TEXT(EXE, exe),
	TEXT(LIBC, libc),
	TEXT(TOOL, tool),
	TEXT(OPTIONS, options),
	END,
};
#undef ROW

#define ROW alck_report_module
static const struct slot module_slots[] = {
	UINT(TIME, time),
	UINT(BIAS, bias),
	UINT(LOW, low),
	UINT(HIGH, high),
	UINT(NAMESPACE, name_space),
	UINT(UNLOADED, unloaded),
	UINT(DEEP_BOUND, deep_bound),
	TEXT(PATH, path),
	BYTES(BUILD_ID, build_id),
	END,
};
#undef ROW

#define ROW alck_report_provider
static const struct slot provider_slots[] = {
	UINT(MODULE, module),
	UINT(GLOBAL, global),
	UINT(TIME, time),
	UINT(NAMESPACE, name_space),
	TEXT(FAMILY, family),
	TEXT(TITLE, title),
	TEXT(HOW, how),
	TEXT(VERSION, version),
	TEXT(PATH, path),
	BYTES(BUILD_ID, build_id),
	END,
};
#undef ROW

#define ROW alck_report_finding
static const struct slot finding_slots[] = {
	UINT(TIME, time),
	UINT(THREAD, thread),
	UINT(POINTER, pointer),
	UINT(SIZE, size),
	UINT(OWNER, owner),
	UINT(FREER, freer),
	UINT(ALLOC_THREAD, alloc_thread),
	UINT(FREED_THREAD, freed_thread),
	UINT(OBJECT, object),
	UINT(OBJECT_PROVIDER, object_provider),
	UINT(GLOBAL_PROVIDER, global_provider),
	UINT(LATE, late),
	UINT(WORD_BEFORE, word_before),
	UINT(INSIDE, inside),
	UINT(TAIL_CALL, tail_call),
	TEXT(CODE, code),
	TEXT(SLUG, slug),
	TEXT(SEVERITY, severity),
	TEXT(VERDICT, verdict),
	TEXT(ACTION, action),
	TEXT(API, api),
	TEXT(ALLOC_API, alloc_api),
	TEXT(FREED_API, freed_api),
	TEXT(OBJECT_API, object_api),
	TEXT(WILD, wild),
	TEXT(MESSAGE, message),
	WORDS(STACK, stack),
	WORDS(ALLOC_STACK, alloc_stack),
	WORDS(FREED_STACK, freed_stack),
	WORDS(LOAD_STACK, load_stack),
	END,
};
#undef ROW

#define ROW alck_report_event
static const struct slot event_slots[] = {
	UINT(TIME, time),
	UINT(THREAD, thread),
	UINT(MODULE, module),
	TEXT(KIND, kind),
	TEXT(MESSAGE, message),
	TEXT(PATH, path),
	END,
};
#undef ROW

#define ROW alck_report_coverage
static const struct slot coverage_slots[] = {
	TEXT(PATH, path),
	TEXT(SEEN, seen),
	TEXT(WHY, why),
	END,
};
#undef ROW

#define ROW alck_report_counters
static const struct slot counters_slots[] = {
	UINT(UNTRACKED, untracked),
	UINT(UNKNOWN_FREES, unknown_frees),
	UINT(UNRECORDED, unrecorded),
	UINT(SHORT_STACKS, short_stacks),
	END,
};
#undef ROW

#define ROW alck_report_end
static const struct slot end_slots[] = {
	TEXT(ENDED, ended),
	UINT(STATUS, status),
	UINT(TIME, time),
	END,
};
#undef ROW

static uint64_t little_endian(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* Stores the field in VIEW to the member at OUT.  Returns 0 when its length is
 * wrong for its type. */
static int store(struct alck_arena *arena, const struct alck_field_view *view,
		 char *out)
{
	struct alck_number number;
	struct alck_words words;
	struct alck_bytes bytes;
	const char *text;
	uint64_t *copy;

	switch (view->type) {
	case ALCK_TYPE_UINT:
		if (!view->len || view->len > 8)
			return 0;
		number.value = alck_field_uint(view);
		number.set = 1;
		memcpy(out, &number, sizeof(number));
		return 1;
	case ALCK_TYPE_TEXT:
		if (memchr(view->value, 0, view->len))
			return 0;
		text = alck_arena_text(arena, view->value, view->len);
		if (text)
			memcpy(out, &text, sizeof(text));
		return 1;
	case ALCK_TYPE_BYTES:
		bytes.value = (unsigned char *)alck_arena_text(
			arena, view->value, view->len);
		bytes.len = bytes.value ? view->len : 0;
		memcpy(out, &bytes, sizeof(bytes));
		return 1;
	case ALCK_TYPE_WORDS:
		if (view->len % 8)
			return 0;
		copy = alck_arena_alloc(arena, view->len);
		words.value = copy;
		words.count = copy ? view->len / 8 : 0;
		for (size_t i = 0; i < words.count; i++)
			copy[i] = little_endian(view->value + 8 * i);
		memcpy(out, &words, sizeof(words));
		return 1;
	}
	return 0;
}

/* Fills ROW from the record's fields.  What it does not name stays as it was,
 * so that a second record with the same ID updates the first. */
static void fill(struct parse *p, const struct alck_record *record,
		 const struct slot *slots, void *row)
{
	struct alck_field_view view;
	size_t position = 0;
	int more, bad = 0;

	while ((more = alck_field_next(record, &position, &view)) > 0) {
		for (const struct slot *s = slots; row && s->field; s++) {
			if (s->field != view.number)
				continue;
			if (s->type != view.type ||
			    !store(&p->report->arena, &view,
				   (char *)row + s->offset))
				bad = 1;
		}
	}
	if (more < 0 || bad)
		p->malformed++;
}

/* The UINT field NUMBER of a record; not set when it is not there. */
static struct alck_number uint_field(const struct alck_record *record,
				     unsigned int number)
{
	struct alck_number value = {0, 0};
	struct alck_field_view view;
	size_t position = 0;

	while (alck_field_next(record, &position, &view) > 0)
		if (view.number == number && view.type == ALCK_TYPE_UINT &&
		    view.len && view.len <= 8)
			value = (struct alck_number){alck_field_uint(&view), 1};
	return value;
}

/* argv comes as one field an argument; a later record's list replaces the
 * earlier one. */
static void read_args(struct parse *p, const struct alck_record *record)
{
	struct alck_report_process *process = &p->report->process;
	struct alck_field_view view;
	size_t position = 0, count = 0;
	const char **args;

	while (alck_field_next(record, &position, &view) > 0)
		count += view.number == ALCK_FIELD_ARG &&
			 view.type == ALCK_TYPE_TEXT;
	if (!count || count > ARGS_MAX)
		return;
	args = alck_arena_alloc(&p->report->arena, count * sizeof(*args));
	if (!args)
		return;
	count = 0;
	position = 0;
	while (alck_field_next(record, &position, &view) > 0) {
		if (view.number != ALCK_FIELD_ARG ||
		    view.type != ALCK_TYPE_TEXT)
			continue;
		args[count] = alck_arena_text(&p->report->arena, view.value,
					      view.len);
		if (args[count])
			count++;
	}
	process->args = args;
	process->nargs = count;
}

static void raise_to(struct alck_number *number, struct alck_number other)
{
	if (other.set && (!number->set || other.value > number->value))
		*number = other;
}

/* Counts only grow, so the largest is the newest. */
static void read_counters(struct parse *p, const struct alck_record *record)
{
	struct alck_report_counters *all = &p->report->counters;
	struct alck_report_counters now = {0};

	fill(p, record, counters_slots, &now);
	raise_to(&all->untracked, now.untracked);
	raise_to(&all->unknown_frees, now.unknown_frees);
	raise_to(&all->unrecorded, now.unrecorded);
	raise_to(&all->short_stacks, now.short_stacks);
}

static void read_record(struct parse *p, const struct alck_record *record)
{
	struct alck_report *report = p->report;
	struct alck_number id = uint_field(record, ALCK_FIELD_ID);
	struct alck_report_finding *finding;

	report->nrecords++;
	switch (record->type) {
	case ALCK_RECORD_MODULE:
	case ALCK_RECORD_PROVIDER:
	case ALCK_RECORD_FINDING:
	case ALCK_RECORD_COUNT:
		if (!id.set) {
			p->malformed++;
			return;
		}
	}
	switch (record->type) {
	case ALCK_RECORD_PROCESS:
		fill(p, record, process_slots, &report->process);
		read_args(p, record);
		break;
	case ALCK_RECORD_MODULE:
		fill(p, record, module_slots,
		     alck_report_add_module(report, id.value));
		break;
	case ALCK_RECORD_PROVIDER:
		fill(p, record, provider_slots,
		     alck_report_add_provider(report, id.value));
		break;
	case ALCK_RECORD_FINDING:
		finding = alck_report_add_finding(report, id.value);
		fill(p, record, finding_slots, finding);
		if (finding)
			raise_to(&finding->count,
				 uint_field(record, ALCK_FIELD_COUNT));
		break;
	case ALCK_RECORD_COUNT:
		finding = alck_report_add_finding(report, id.value);
		fill(p, record, NULL, NULL);
		if (finding)
			raise_to(&finding->count,
				 uint_field(record, ALCK_FIELD_COUNT));
		break;
	case ALCK_RECORD_EVENT:
		fill(p, record, event_slots, alck_report_add_event(report));
		break;
	case ALCK_RECORD_COVERAGE:
		fill(p, record, coverage_slots,
		     alck_report_add_coverage(report));
		break;
	case ALCK_RECORD_COUNTERS:
		read_counters(p, record);
		break;
	case ALCK_RECORD_END:
		fill(p, record, end_slots, &report->end);
		break;
	}
}

/* The bytes that a checksum was computed over in vain at MARK. */
static size_t claimed(const unsigned char *mark)
{
	static const unsigned char is_mark[4] = {
		ALCK_RECORD_MARK & 0xff, ALCK_RECORD_MARK >> 8 & 0xff,
		ALCK_RECORD_MARK >> 16 & 0xff, ALCK_RECORD_MARK >> 24};
	size_t len = mark[4] | (size_t)mark[5] << 8 | (size_t)mark[6] << 16 |
		     (size_t)mark[7] << 24;

	return memcmp(mark, is_mark, 4) || len > ALCK_RECORD_MAX ? 0 : len;
}

/* The first whole record at or after AT; LEN when there is none. */
static size_t resync(struct parse *p, size_t at)
{
	struct alck_record record;
	const unsigned char *mark;
	enum alck_record_status status;

	while (at < p->len && p->wasted < RESYNC_MAX) {
		mark = memchr(p->bytes + at, ALCK_RECORD_MARK & 0xff,
			      p->len - at);
		if (!mark)
			break;
		at = (size_t)(mark - p->bytes);
		status = alck_record_read(mark, p->len - at, &record);
		if (status == ALCK_RECORD_OK)
			return at;
		if (status == ALCK_RECORD_CORRUPT && p->len - at >= 8)
			p->wasted += claimed(mark);
		at++;
	}
	return p->len;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void damage(struct parse *p, size_t from, size_t to)
{
	if (!p->places++)
		p->first = from;
	p->skipped += to - from;
}

static void read_records(struct parse *p, size_t at)
{
	struct alck_record record;
	enum alck_record_status status;
	size_t next;

	while (at < p->len) {
		status = alck_record_read(p->bytes + at, p->len - at, &record);
		if (status == ALCK_RECORD_OK) {
			read_record(p, &record);
			at += record.size;
			continue;
		}
		next = resync(p, at + 1);
		if (next == p->len && status == ALCK_RECORD_PARTIAL) {
			alck_report_problem(p->report,
					    "cut off after %zu record%s: the "
					    "last one is incomplete",
					    p->report->nrecords,
					    plural(p->report->nrecords));
			return;
		}
		damage(p, at, next);
		at = next;
	}
}

static void read_all(struct parse *p)
{
	struct alck_report *report = p->report;
	unsigned int major, minor;
	size_t start = ALCK_FILE_HEADER, shown;
	unsigned char header[ALCK_FILE_HEADER];

	if (!p->len) {
		alck_report_problem(report, "empty: the process has written "
					    "nothing, or could not");
		return;
	}
	alck_record_file_header(header);
	if (p->len < ALCK_FILE_HEADER &&
	    !memcmp(p->bytes, header, p->len < 8 ? p->len : 8)) {
		alck_report_problem(report, "cut off inside its header: "
					    "nothing to show");
		return;
	}
	if (p->len < ALCK_FILE_HEADER || memcmp(p->bytes, header, 8)) {
		start = resync(p, 0);
		if (start == p->len) {
			alck_report_problem(report, "not an alloccheck report");
			return;
		}
		damage(p, 0, start);
	} else {
		major = p->bytes[8] | (unsigned int)p->bytes[9] << 8;
		minor = p->bytes[10] | (unsigned int)p->bytes[11] << 8;
		if (major != ALCK_FILE_MAJOR)
			alck_report_problem(
				report,
				"written in report format %u.%u, this program "
				"reads format %u: what it knows is shown",
				major, minor, ALCK_FILE_MAJOR);
	}
	read_records(p, start);
	shown = report->nrecords;
	if (!shown && !report->nproblems && !p->places)
		alck_report_problem(report, "no record in it: the process has "
					    "written nothing yet, or could "
					    "not");
	if (p->places)
		alck_report_problem(
			report,
			"damaged in %zu place%s, first at byte %zu: %zu bytes "
			"skipped, %zu record%s whole",
			p->places, plural(p->places), p->first, p->skipped,
			shown, plural(shown));
	if (p->wasted >= RESYNC_MAX)
		alck_report_problem(report,
				    "too damaged to search it to the end");
	if (p->malformed)
		alck_report_problem(report,
				    "%zu record%s with fields that make no "
				    "sense, which are left out",
				    p->malformed, p->malformed == 1 ? "" : "s");
}

struct alck_report *alck_reader_parse(const char *path,
				      const unsigned char *bytes, size_t len)
{
	struct alck_report *report = alck_report_new(path);
	struct parse p = {.report = report, .bytes = bytes, .len = len};

	if (!report)
		return NULL;
	read_all(&p);
	alck_report_finish(report);
	return report;
}

/* Reads FD to its end or to FILE_MAX.  Returns the bytes, the caller's to
 * free, or NULL with errno set. */
static unsigned char *read_file(int fd, size_t *len)
{
	size_t room = 65536;
	unsigned char *bytes = malloc(room), *grown;
	ssize_t n;

	*len = 0;
	while (bytes && *len < FILE_MAX) {
		if (*len == room) {
			room *= 2;
			grown = realloc(bytes, room);
			if (!grown)
				goto fail;
			bytes = grown;
		}
		n = read(fd, bytes + *len, room - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto fail;
		if (!n)
			break;
		*len += (size_t)n;
	}
	return bytes;
fail:
	free(bytes);
	return NULL;
}

static struct alck_report *unreadable(const char *path, const char *why)
{
	struct alck_report *report = alck_report_new(path);

	if (report) {
		alck_report_problem(report, "%s", why);
		alck_report_finish(report);
	}
	return report;
}

struct alck_report *alck_reader_read(const char *path)
{
	struct alck_report *report;
	unsigned char *bytes;
	struct stat st;
	size_t len;
	int fd, error;

	/* Not blocking: it may be a FIFO that nobody writes to. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return unreadable(path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return unreadable(path, "not a regular file");
	}
	bytes = read_file(fd, &len);
	error = errno;
	close(fd);
	if (!bytes)
		return unreadable(path, strerror(error));
	report = alck_reader_parse(path, bytes, len);
	if (report && len >= FILE_MAX)
		alck_report_problem(report,
				    "larger than %lu MiB: the rest is not read",
				    FILE_MAX >> 20);
	free(bytes);
	return report;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int is_report_name(const char *name)
{
	size_t len = strlen(name), suffix = strlen(ALCK_REPORT_SUFFIX);

	return len > suffix && !strcmp(name + len - suffix, ALCK_REPORT_SUFFIX);
}

static int add_name(char ***names, size_t *count, char *name)
{
	char **grown;

	if (!name)
		return -1;
	grown = reallocarray(*names, *count + 1, sizeof(**names));
	if (!grown) {
		free(name);
		return -1;
	}
	grown[(*count)++] = name;
	*names = grown;
	return 0;
}

int alck_reader_list(const char *path, char ***names, size_t *count)
{
	struct dirent *entry;
	struct stat st;
	int failed = 0;
	char *name;
	DIR *dir;

	*names = NULL;
	*count = 0;
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return add_name(names, count, strdup(path));
	dir = opendir(path);
	if (!dir)
		return -1;
	while (!failed && (entry = readdir(dir))) {
		if (!is_report_name(entry->d_name))
			continue;
		if (asprintf(&name, "%s/%s", path, entry->d_name) < 0)
			name = NULL;
		failed = add_name(names, count, name);
	}
	closedir(dir);
	if (failed) {
		alck_reader_list_free(*names, *count);
		*names = NULL;
		*count = 0;
		errno = ENOMEM;
		return -1;
	}
	if (*count)
		qsort(*names, *count, sizeof(**names), by_name);
	return 0;
}

void alck_reader_list_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
