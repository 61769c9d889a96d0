/* SPDX-License-Identifier: MIT */
/*
 * `alloccheck run`: starts a program under the preload library, waits for it,
 * and says what was found.  Offline, in a process of its own.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/program.h"
#include "tools/commands.h"
#include "tools/launch.h"

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

static int could_not_start(const char *name, int error)
{
	fprintf(stderr, "alloccheck: %s: %s\n", name, strerror(error));
	return error == ENOENT ? ALCK_EXIT_NOT_FOUND : ALCK_EXIT_NOT_RUNNABLE;
}

/* The suppressions of OPTIONS and the machine's own; the latter are noted in
 * LINE for the program, when there are any.  Returns NULL after a mistake. */
static struct alck_suppressions *read_rules(const struct alck_options *options,
					    struct alck_command_line *line)
{
	const struct alck_option_row *row =
		alck_option_find("suppressions", strlen("suppressions"));
	struct alck_suppressions *rules = alck_rules_new();

	if (!rules)
		return NULL;
	if ((alck_suppressions_count(rules) &&
	     alck_command_line_note(line, row, alck_rules_default())) ||
	    alck_rules_read_list(rules, options->suppressions)) {
		alck_suppressions_free(rules);
		return NULL;
	}
	return rules;
}

int alck_run_main(int argc, char **argv)
{
	static struct alck_options options;
	struct alck_command_line line;
	char library[PATH_MAX], why[2 * PATH_MAX];
	char log_path[2 * ALCK_OPTION_TEXT_MAX];
	char count[PATH_MAX] = "";
	struct alck_suppressions *rules;
	struct alck_collector *collector = NULL;
	struct alck_told *told = NULL;
	unsigned long long errors = 0;
	struct timespec started;
	long processes;
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
	rules = read_rules(&options, &line);
	if (!rules)
		return ALCK_EXIT_USAGE;
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
	if (observed == -1) {
		alck_count_begin(count);
		collector = alck_collector_open();
	}
	/* The clock that the kernel stamps files with. */
	clock_gettime(CLOCK_REALTIME_COARSE, &started);
	error = alck_child_run(line.argv, collector, &pid, &status);
	processes = alck_count_end(count);
	if (collector)
		told = alck_collector_end(collector, log_path);
	if (error && !pid) {
		fprintf(stderr, "alloccheck: no process could be made: %s\n",
			strerror(error));
		return ALCK_EXIT_LAUNCHER;
	}
	if (error)
		return could_not_start(line.argv[0], error);
	if (observed == -1)
		errors = alck_reports_tell(log_path, &started, pid, status,
					   options.summary, processes, told,
					   rules);
	alck_told_free(told);
	alck_suppressions_free(rules);
	if (errors && WIFEXITED(status) && !WEXITSTATUS(status) &&
	    options.error_exitcode)
		return options.error_exitcode;
	return alck_child_mimic(status);
}
