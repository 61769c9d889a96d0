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
#include "report/decode.h"

#define FILE_MAX (256ul << 20)
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
			p->malformed += alck_decode(p->report, &record);
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
