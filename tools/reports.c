/* SPDX-License-Identifier: MIT */
/*
 * The reports that a run has left, seen from the launcher: see launch.h.
 * Offline.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/record.h"
#include "report/crash.h"
#include "report/reader.h"
#include "report/summary.h"
#include "report/utf8.h"
#include "tools/launch.h"

/* So many findings are shown in full at the end; the reports have all. */
#define MAX_SHOWN 10

#define SUFFIX ".alck"

/* Appends how the process ended to the report at PATH, in one write as all
 * records are, and nothing by halves. */
static void append_end(const char *path, int status)
{
	unsigned char buf[256];
	struct alck_record_writer w;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	off_t size;
	size_t len;
	ssize_t n;

	if (fd < 0)
		return;
	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_END);
	alck_record_text(&w, ALCK_FIELD_ENDED,
			 WIFSIGNALED(status) ? "signal" : "exit");
	alck_record_uint(&w, ALCK_FIELD_STATUS,
			 (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
							: WEXITSTATUS(status)));
	len = alck_record_end(&w);
	size = lseek(fd, 0, SEEK_END);
	n = write(fd, buf, len);
	if (n < 0)
		fprintf(stderr, "alloccheck: %s: %s\n", path, strerror(errno));
	else if (n < (ssize_t)len && (size < 0 || ftruncate(fd, size)))
		fprintf(stderr, "alloccheck: %s: the disk is full\n", path);
	close(fd);
}

static int is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Is NAME the report of process PID (0: of any): PROGRAM.PID.alck, or with a
 * number more when that name was taken, PROGRAM.PID.alck.1.alck? */
static int is_report(const char *name, pid_t pid)
{
	size_t len = strlen(name), n = strlen(SUFFIX);
	char own[32];

	if (len <= n || strcmp(name + len - n, SUFFIX))
		return 0;
	if (!pid)
		return 1;
	snprintf(own, sizeof(own), ".%ld" SUFFIX, (long)pid);
	for (const char *p = strstr(name, own); p; p = strstr(p + 1, own)) {
		const char *rest = p + strlen(own);

		if (!*rest)
			return 1;
		if (*rest == '.' &&
		    !strcmp(rest + 1 + strspn(rest + 1, "0123456789"), SUFFIX))
			return 1;
	}
	return 0;
}

/* The youngest report of PID in FOLDER, since STARTED: a process has several
 * when it has been several programs one after the other. */
static int find_report(const char *folder, const struct timespec *started,
		       pid_t pid, char *path, size_t size)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct timespec youngest = *started;
	int found = 0;

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (!is_report(entry->d_name, pid) ||
		    fstatat(dirfd(dir), entry->d_name, &st, 0) ||
		    is_before(&st.st_mtim, &youngest))
			continue;
		youngest = st.st_mtim;
		found = snprintf(path, size, "%s/%s", folder, entry->d_name) <
			(int)size;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Where process PID's reports are, by LOG_PATH.  A folder is put into PATH as
 * it is: returns 0.  Of a file name PATH becomes the one that fits PID, or
 * empty: returns 1. */
static int reports_of(const char *log_path, pid_t pid, char *path, size_t size)
{
	char pattern[2 * PATH_MAX];
	glob_t matches;

	if (!alck_log_path_expand(log_path, pid, NULL, pattern,
				  sizeof(pattern))) {
		alck_log_path_expand(log_path, pid, "", path, size);
		return 0;
	}
	path[0] = 0;
	if (!glob(pattern, GLOB_NOSORT, NULL, &matches)) {
		snprintf(path, size, "%s", matches.gl_pathv[0]);
		globfree(&matches);
	}
	return 1;
}

/* Nothing is only good news where somebody has looked. */
static void tell_nothing(FILE *out, long observed)
{
	if (!observed)
		fputs("alloccheck: nothing was observed: the preload library "
		      "was not loaded into the program (does it clear its "
		      "environment?)\n",
		      out);
	else if (observed < 0)
		fputs("alloccheck: nothing found\n", out);
	else
		fprintf(out, "alloccheck: nothing found in %ld process%s\n",
			observed, observed == 1 ? "" : "es");
}

/* What the report at PATH says of how its process died; nothing where it tells
 * of no crash. */
static void tell_crash(FILE *out, const char *path)
{
	struct alck_report *report = alck_reader_read(path);
	const char *reason;

	if (report && report->crash.set) {
		fputs("alloccheck: ", out);
		alck_utf8_print(out,
				alck_crash_headline(&report->arena, report));
		fprintf(out, "; more of it: alloccheck report %s\n", path);
		reason = alck_crash_reason(&report->arena, report);
		if (reason) {
			fputs("  why      ", out);
			alck_utf8_print(out, reason);
			fputc('\n', out);
		}
	}
	alck_report_free(report);
}

unsigned long long alck_reports_tell(const char *log_path,
				     const struct timespec *started, pid_t pid,
				     int status, int summary, long observed,
				     const struct alck_told *told,
				     const struct alck_suppressions *rules)
{
	FILE *out = summary ? stderr : fopen("/dev/null", "we");
	char path[PATH_MAX], own[PATH_MAX] = "";
	struct alck_merge_totals sum;

	memset(&sum, 0, sizeof(sum));
	if (reports_of(log_path, pid, path, sizeof(path)))
		strcpy(own, path);
	else if (!find_report(path, started, pid, own, sizeof(own)))
		own[0] = 0;
	if (own[0])
		append_end(own, status);
	else if (!find_report(path, started, 0, own, sizeof(own)))
		path[0] = 0;
	if (!out)
		return 0;
	if (path[0] && WIFSIGNALED(status))
		tell_crash(out, own);
	if (!path[0] && !told)
		tell_nothing(out, observed);
	else if (alck_report_summary(path[0] ? path : NULL, started, rules,
				     told, out, MAX_SHOWN, &sum))
		fprintf(out, "alloccheck: %s cannot be read: %s\n", path,
			strerror(errno));
	else if (path[0] &&
		 sum.distinct[0] + sum.distinct[1] + sum.distinct[2] >
			 MAX_SHOWN)
		fprintf(out, "alloccheck: all of them: alloccheck report %s\n",
			path);
	if (summary)
		fflush(out);
	else
		fclose(out);
	return sum.times[ALCK_SEVERITY_ERROR];
}
