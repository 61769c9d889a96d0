/* SPDX-License-Identifier: MIT */
/*
 * `alloccheck run`: starts a program under the preload library, waits for it,
 * and says what was found.  Offline, in a process of its own.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/record.h"
#include "inspect/program.h"
#include "tools/commands.h"
#include "tools/launch.h"

/* So many findings are shown in full at the end; the reports have all. */
#define MAX_SHOWN 10

/* The options of the environment.  Returns -1 to go on. */
static int read_environment(struct alck_options *options)
{
	const char *text = getenv("ALLOCCHECK_OPTIONS");
	struct alck_option_error e;

	alck_options_default(options);
	if (!text || !alck_options_parse(options, text, &e))
		return -1;
	alck_help_option_error(stderr, "ALLOCCHECK_OPTIONS", &e);
	return ALCK_EXIT_USAGE;
}

/* Looks at the program; says what is the matter with it.  Returns -1 to go on
 * with it observed, -2 to go on without. */
static int look_at(const char *name, const struct alck_options *options)
{
	struct alck_program program;
	char why[3 * PATH_MAX];
	enum alck_program_state state = alck_program_inspect(name, &program);

	if (state == ALCK_PROGRAM_OK)
		return -1;
	alck_program_explain(&program, why, sizeof(why));
	fprintf(stderr, "alloccheck: %s", why);
	if (!alck_program_unobservable(state)) {
		fputc('\n', stderr);
		return state == ALCK_PROGRAM_MISSING ? ALCK_EXIT_NOT_FOUND
						     : ALCK_EXIT_NOT_RUNNABLE;
	}
	if (options->unobservable == ALCK_UNOBSERVABLE_RUN) {
		fputs("; it runs unobserved\n", stderr);
		return -2;
	}
	fputs("; it was not started (--unobservable=run starts it all the "
	      "same)\n",
	      stderr);
	return ALCK_EXIT_LAUNCHER;
}

/* Appends how the process ended to the report at PATH, in one write as all
 * records are. */
static void append_end(const char *path, int status)
{
	unsigned char buf[256];
	struct alck_record_writer w;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	size_t len;

	if (fd < 0)
		return;
	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_END);
	alck_record_text(&w, ALCK_FIELD_ENDED,
			 WIFSIGNALED(status) ? "signal" : "exit");
	alck_record_uint(&w, ALCK_FIELD_STATUS,
			 (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status)
							: WEXITSTATUS(status)));
	len = alck_record_end(&w);
	if (write(fd, buf, len) != (ssize_t)len)
		fprintf(stderr, "alloccheck: %s: %s\n", path, strerror(errno));
	close(fd);
}

/* The youngest report in FOLDER whose name ends in END: a process has several
 * when it has been several programs one after the other. */
static int find_report(const char *folder, const char *end, char *path,
		       size_t size)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct timespec youngest = {0, 0};
	int found = 0;

	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		struct stat st;

		if (len <= strlen(end) ||
		    strcmp(entry->d_name + len - strlen(end), end) ||
		    fstatat(dirfd(dir), entry->d_name, &st, 0))
			continue;
		if (found && (st.st_mtim.tv_sec < youngest.tv_sec ||
			      (st.st_mtim.tv_sec == youngest.tv_sec &&
			       st.st_mtim.tv_nsec < youngest.tv_nsec)))
			continue;
		youngest = st.st_mtim;
		found = snprintf(path, size, "%s/%s", folder, entry->d_name) <
			(int)size;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Where process PID's reports are, by LOG_PATH, whose "%%" is a percent sign.
 * A folder is put into PATH as it is: returns 0.  For a file name with %p or
 * %n in it PATH becomes the one that fits PID: returns 1. */
static int reports_of(const char *log_path, pid_t pid, char *path, size_t size)
{
	char pattern[2 * PATH_MAX];
	size_t at = 0, plain = 0;
	int named = 0;
	glob_t matches;

	for (const char *p = log_path; *p && plain + 24 < size; p++) {
		char c = *p;

		if (c == '%' && p[1] == 'p') {
			at += (size_t)sprintf(pattern + at, "%ld", (long)pid);
			named = 1;
			p++;
			continue;
		}
		if (c == '%' && p[1] == 'n') {
			pattern[at++] = '*';
			named = 1;
			p++;
			continue;
		}
		if (c == '%' && p[1] == '%')
			p++;
		if (strchr("*?[\\", c))
			pattern[at++] = '\\';
		pattern[at++] = c;
		path[plain++] = c;
	}
	pattern[at] = 0;
	path[plain] = 0;
	if (!named)
		return 0;
	if (!glob(pattern, GLOB_NOSORT, NULL, &matches)) {
		snprintf(path, size, "%s", matches.gl_pathv[0]);
		globfree(&matches);
	}
	return 1;
}

/* Tells what was found; returns the number of errors. */
static unsigned long long tell(const char *log_path, pid_t pid, int status,
			       const struct alck_options *options)
{
	struct alck_summary summary;
	char path[PATH_MAX], own[PATH_MAX], end[32];
	FILE *out = stderr;

	memset(&summary, 0, sizeof(summary));
	snprintf(end, sizeof(end), ".%ld.alck", (long)pid);
	if (reports_of(log_path, pid, path, sizeof(path)))
		append_end(path, status);
	else if (find_report(path, end, own, sizeof(own)))
		append_end(own, status);
	else if (!find_report(path, ".alck", own, sizeof(own)))
		path[0] = 0;
	if (!options->summary)
		out = fopen("/dev/null", "we");
	if (!out)
		return 0;
	if (!path[0] || access(path, F_OK))
		fputs("alloccheck: nothing found\n", out);
	else if (alck_report_summary(path, out, MAX_SHOWN, &summary))
		fprintf(out, "alloccheck: %s cannot be read: %s\n", path,
			strerror(errno));
	else if (summary.distinct_errors + summary.distinct_latents +
			 summary.distinct_infos >
		 MAX_SHOWN)
		fprintf(out, "alloccheck: all of them: alloccheck report %s\n",
			path);
	if (out != stderr)
		fclose(out);
	return summary.errors;
}

static int could_not_start(const char *name, int error)
{
	fprintf(stderr, "alloccheck: %s: %s\n", name, strerror(error));
	return error == ENOENT ? ALCK_EXIT_NOT_FOUND : ALCK_EXIT_NOT_RUNNABLE;
}

int alck_run_main(int argc, char **argv)
{
	static struct alck_options options;
	struct alck_command_line line;
	char library[PATH_MAX], why[2 * PATH_MAX];
	char log_path[2 * ALCK_OPTION_TEXT_MAX];
	unsigned long long errors = 0;
	int result, observed, error, status = 0;
	pid_t pid;

	result = read_environment(&options);
	if (result < 0)
		result = alck_command_line_read(argc, argv, &options, &line);
	if (result >= 0)
		return result;
	observed = look_at(line.argv[0], &options);
	if (observed >= 0)
		return observed;
	if (observed == -1) {
		if (alck_library_find(library, why, sizeof(why))) {
			fprintf(stderr, "alloccheck: %s\n", why);
			return ALCK_EXIT_LAUNCHER;
		}
		if (alck_log_path(&options, log_path, ALCK_OPTION_TEXT_MAX)) {
			fputs("alloccheck: the path of the reports is too "
			      "long: give another with -o\n",
			      stderr);
			return ALCK_EXIT_LAUNCHER;
		}
		if (alck_environment_set(library, &line, log_path)) {
			perror("alloccheck");
			return ALCK_EXIT_LAUNCHER;
		}
	}
	error = alck_child_run(line.argv, &pid, &status);
	if (error && !pid) {
		fprintf(stderr, "alloccheck: no process could be made: %s\n",
			strerror(error));
		return ALCK_EXIT_LAUNCHER;
	}
	if (error)
		return could_not_start(line.argv[0], error);
	if (observed == -1)
		errors = tell(log_path, pid, status, &options);
	if (errors && WIFEXITED(status) && !WEXITSTATUS(status) &&
	    options.error_exitcode)
		return options.error_exitcode;
	return alck_child_mimic(status);
}
