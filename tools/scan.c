/* SPDX-License-Identifier: MIT */
/* alloccheck scan: who is bound to whose malloc, seen from outside.  Offline.
 */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspect/facts.h"
#include "inspect/program.h"
#include "inspect/scan.h"
#include "inspect/snapshot.h"
#include "inspect/usage-show.h"
#include "report/utf8.h"
#include "tools/commands.h"
#include "tools/tool-options.h"

#define EXIT_FOUND	99
#define EXIT_UNREADABLE 2
#define PLUGINS_MAX	64

enum row {
#define OPTION(id, name, letter, argument, words, help) ROW_##id,
#include "tools/scan-options.def"
#undef OPTION
	ROWS
};

struct settings {
	struct alck_plan plan;
	struct alck_plan_plugin plugins[PLUGINS_MAX];
	struct alck_scan_style style;
	struct alck_scan_how how;
	enum { TEXT, JSON, SVG } format;
	int memory, host;
	double count;
	int error_exit;
	struct timespec pause; /* 0: look once */
};

static void complain(const char *text)
{
	fputs("alloccheck: ", stderr);
	alck_utf8_print(stderr, text);
	fputc('\n', stderr);
}

/* Whose memory it is; returns the exit status. */
static int show_memory(const struct settings *settings, struct alck_scan *scan)
{
	struct alck_usage_view view;
	int failed = alck_usage_of_scan(&view, scan, settings->how.proc);

	if (failed)
		complain("out of memory");
	else if (settings->format == JSON)
		alck_usage_json(stdout, &view);
	else if (settings->format == SVG)
		alck_usage_svg(stdout, &view);
	else
		alck_usage_text(stdout, &view, settings->style.verbose);
	alck_usage_view_free(&view);
	return failed ? EXIT_UNREADABLE : 0;
}

/* Shows SCAN, or why there is none; returns the exit status. */
static int finish(const struct settings *settings, struct alck_scan *scan,
		  int failed, const char *why)
{
	int status = 0;

	for (size_t i = 0; i < scan->scene.nproblems; i++)
		complain(scan->scene.problems[i]);
	if (failed) {
		complain(why);
		status = EXIT_UNREADABLE;
	} else if (settings->memory) {
		status = show_memory(settings, scan);
	} else {
		if (settings->format == JSON)
			alck_scan_print_json(stdout, scan);
		else
			alck_scan_print_text(&settings->style, scan);
		if (alck_scan_worst(scan) == ALCK_SEVERITY_ERROR)
			status = settings->error_exit;
	}
	alck_scan_done(scan);
	return status;
}

static int scan_program(struct settings *settings, const char *name)
{
	struct alck_program program;
	struct alck_scan scan;
	char why[2 * PATH_MAX + 256];
	int failed;

	alck_program_inspect(name, &program);
	if (program.state != ALCK_PROGRAM_OK &&
	    !alck_program_unobservable(program.state) &&
	    program.state != ALCK_PROGRAM_NO_PERMISSION) {
		complain(alck_program_explain(&program, why, sizeof(why)));
		return EXIT_UNREADABLE;
	}
	if (program.state == ALCK_PROGRAM_32_BIT ||
	    program.state == ALCK_PROGRAM_OTHER_MACHINE) {
		snprintf(why, sizeof(why),
			 "%s: it is built for %s, and only those for x86-64 "
			 "are looked into",
			 program.object, program.detail);
		complain(why);
		return EXIT_UNREADABLE;
	}
	if (program.state == ALCK_PROGRAM_SET_ID ||
	    program.state == ALCK_PROGRAM_CAPABILITIES) {
		settings->plan.preload = NULL;
		settings->plan.library_path = NULL;
		complain("it gets rights that you have not: ld.so ignores "
			 "LD_PRELOAD and LD_LIBRARY_PATH for it, and so does "
			 "this");
	}
	settings->plan.program = program.object;
	failed = alck_scan_program(&scan, &settings->plan, &settings->how, why,
				   sizeof(why));
	return finish(settings, &scan, failed, why);
}

static int scan_process(struct settings *settings, const char *target)
{
	struct alck_scan scan;
	char why[PATH_MAX + 256];
	int failed;

	failed = alck_scan_process(&scan, (pid_t)strtol(target, NULL, 10),
				   &settings->how, why, sizeof(why));
	return finish(settings, &scan, failed, why);
}

static void print_changes(uint64_t ms, const struct alck_facts_list *before,
			  const struct alck_facts_list *after)
{
	char *text = NULL;
	size_t len = 0, changes;
	FILE *lines = open_memstream(&text, &len);

	if (!lines)
		return;
	changes = alck_facts_print_changes(lines, before, after);
	fclose(lines);
	if (changes)
		printf("\nafter %llu.%03llu s\n%s",
		       (unsigned long long)ms / 1000,
		       (unsigned long long)ms % 1000, text);
	free(text);
}

/* Nobody is kept stopped meanwhile. */
static void pause_for(const struct timespec *pause)
{
	const struct timespec slice = {0, 10000000};
	int64_t ns = (int64_t)pause->tv_sec * 1000000000 + pause->tv_nsec;
	struct timespec rest;

	for (; ns > slice.tv_nsec && alck_snapshot_let_go();
	     ns -= slice.tv_nsec)
		nanosleep(&slice, NULL);
	rest = (struct timespec){ns / 1000000000, ns % 1000000000};
	nanosleep(&rest, NULL);
}

/* Shows what has changed, until the process has ended; the exit status is that
 * of the worst look. */
static int watch(struct settings *settings, const char *target)
{
	pid_t pid = (pid_t)strtol(target, NULL, 10);
	struct alck_facts_list before, after;
	struct alck_scan scan;
	char why[PATH_MAX + 256];
	uint64_t waited = 0;
	int status = 0, looks = 0, failed = 0;

	for (;;) {
		if (alck_scan_process(&scan, pid, &settings->how, why,
				      sizeof(why))) {
			failed++;
		} else {
			failed = 0;
			if (alck_scan_worst(&scan) == ALCK_SEVERITY_ERROR)
				status = settings->error_exit;
			if (alck_facts_of(&scan, &after))
				complain("out of memory");
			if (!looks++) {
				alck_scan_print_text(&settings->style, &scan);
			} else {
				print_changes(waited, &before, &after);
				alck_facts_free(&before);
			}
			before = after;
		}
		alck_scan_done(&scan);
		fflush(stdout);
		/* Once it may have begun another program meanwhile. */
		if (failed && (!looks || failed > 1 || kill(pid, 0)))
			break;
		pause_for(&settings->pause);
		waited += (uint64_t)settings->pause.tv_sec * 1000 +
			  (uint64_t)settings->pause.tv_nsec / 1000000;
	}
	if (!looks) {
		complain(why);
		return EXIT_UNREADABLE;
	}
	alck_facts_free(&before);
	return status;
}

static int scan_core(struct settings *settings, const char *target)
{
	struct alck_scan scan;
	char why[PATH_MAX + 256];
	int failed;

	failed =
		alck_scan_core(&scan, target, &settings->how, why, sizeof(why));
	return finish(settings, &scan, failed, why);
}

static int scan_process_or_watch(struct settings *settings, const char *target)
{
	if (settings->pause.tv_sec || settings->pause.tv_nsec)
		return watch(settings, target);
	return scan_process(settings, target);
}

static int is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static int is_core(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf64_Ehdr eh;
	int yes;

	if (fd < 0)
		return 0;
	yes = read(fd, &eh, sizeof(eh)) == sizeof(eh) &&
	      !memcmp(eh.e_ident, ELFMAG, SELFMAG) && eh.e_type == ET_CORE;
	close(fd);
	return yes;
}

static int scan(struct settings *settings, const char *target)
{
	if (is_number(target))
		return scan_process_or_watch(settings, target);
	if (is_core(target))
		return scan_core(settings, target);
	if (!settings->memory)
		return scan_program(settings, target);
	complain("--memory is of a process or a core: a program that does not "
		 "run has none");
	return EXIT_FAILURE;
}

/* "FILE" or "FILE:deep". */
static int add_plugin(struct settings *settings, char *text)
{
	size_t len = strlen(text);
	struct alck_plan_plugin *p;

	if (settings->plan.nplugins == PLUGINS_MAX)
		return -1;
	p = &settings->plugins[settings->plan.nplugins++];
	p->file = text;
	if (len > 5 && !strcmp(text + len - 5, ":deep")) {
		text[len - 5] = 0;
		p->deep = 1;
	}
	return 0;
}

static int set_format(struct settings *settings, const char *name)
{
	static const char *const names[] = {"text", "json", "svg"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(name, names[i])) {
			settings->format = i;
			return 0;
		}
	return -1;
}

/* Seconds, as "2" or "0.5". */
static int set_seconds(double *seconds, const char *text)
{
	char *end;

	*seconds = strtod(text, &end);
	return *end || end == text || !(*seconds >= 0.001) || *seconds > 1e6
		       ? -1
		       : 0;
}

static int set_pause(struct settings *settings, const char *text)
{
	double seconds;

	if (set_seconds(&seconds, text))
		return -1;
	settings->pause.tv_sec = (time_t)seconds;
	settings->pause.tv_nsec =
		(long)((seconds - (double)settings->pause.tv_sec) * 1e9);
	return 0;
}

static int wrong(const char *option, const char *value)
{
	fprintf(stderr,
		"alloccheck: %s: not a value of --%s; see alloccheck scan "
		"--help\n",
		value, option);
	return EXIT_FAILURE;
}

static void help(void)
{
	fputs("Usage: alloccheck scan [OPTIONS] PROGRAM|PID|CORE\n"
	      "Shows which allocator each object's malloc, free, ... lead to, "
	      "and what is\nwrong with that; nothing is run, and nothing is "
	      "stopped.\n\n",
	      stdout);
	for (int i = 0; i < ROWS; i++)
		alck_tool_option_help(stdout, &alck_scan_options[i]);
	fputs("\n"
	      "Exit status: 99 when an error was found, else 0; 2 when the "
	      "target could not\nbe read; 1 when the command line was wrong.\n",
	      stdout);
}

static int set_preload(struct settings *settings, const char *list)
{
	const char *before = settings->plan.preload;
	char *both;

	if (asprintf(&both, "%s:%s", list, before ? before : "") < 0)
		return EXIT_FAILURE;
	settings->plan.preload = both;
	return 0;
}

static int set_exitcode(struct settings *settings, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (*end || end == value || n < 0 || n > 255)
		return wrong("error-exitcode", value);
	settings->error_exit = (int)n;
	return 0;
}

/* Returns 0 to go on. */
static int take(struct settings *settings, enum row row, char *value)
{
	switch (row) {
	case ROW_FORMAT:
		if (set_format(settings, value))
			return wrong("format", value);
		break;
	case ROW_PRELOAD:
		return set_preload(settings, value);
	case ROW_PLUGIN:
		if (add_plugin(settings, value))
			return wrong("plugin", value);
		break;
	case ROW_ERROR_EXITCODE:
		return set_exitcode(settings, value);
	case ROW_STACKS:
		settings->how.stacks = 1;
		break;
	case ROW_HOST:
		settings->host = 1;
		break;
	case ROW_COUNT:
		if (set_seconds(&settings->count, value))
			return wrong("count", value);
		break;
	case ROW_ROOT:
		settings->how.root = value;
		break;
	case ROW_MEMORY:
		settings->memory = 1;
		break;
	case ROW_WATCH:
		if (set_pause(settings, value))
			return wrong("watch", value);
		break;
	case ROW_EXE:
		settings->how.places.exe = value;
		break;
	case ROW_SYSROOT:
		settings->how.places.sysroot = value;
		break;
	case ROW_PROC:
		settings->how.proc = value;
		break;
	case ROW_VERBOSE:
		settings->how.all_stacks = 1;
		settings->style.verbose = 1;
		break;
	default:
		break;
	}
	return 0;
}

/* STATUS, once all is on standard output. */
static int written(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "alloccheck: standard output: %s\n", strerror(errno));
	return EXIT_FAILURE;
}

int alck_scan_main(int argc, char **argv)
{
	struct settings settings = {.style = {.out = stdout},
				    .how = {.proc = "/proc", .root = ""},
				    .error_exit = EXIT_FOUND};
	struct option options[ROWS + 1] = {{NULL, 0, NULL, 0}};
	int option, row, status;

	settings.plan.plugins = settings.plugins;
	settings.plan.preload = getenv("LD_PRELOAD");
	settings.plan.library_path = getenv("LD_LIBRARY_PATH");
	alck_tool_options_long(alck_scan_options, options);
	while ((option = getopt_long(argc, argv, "+vh", options, NULL)) != -1) {
		row = alck_tool_options_row(alck_scan_options, option);
		if (row < 0) {
			fputs("See alloccheck scan --help.\n", stderr);
			return EXIT_FAILURE;
		}
		if (row == ROW_HELP) {
			help();
			return EXIT_SUCCESS;
		}
		status = take(&settings, (enum row)row, optarg);
		if (status)
			return status;
	}
	if (settings.host && optind + 1 >= argc)
		return written(alck_scan_host(
			settings.how.root, optind < argc ? argv[optind] : NULL,
			settings.count, settings.format == JSON));
	if (optind + 1 != argc) {
		fputs("alloccheck: scan what? Name one program; see "
		      "alloccheck scan --help\n",
		      stderr);
		return EXIT_FAILURE;
	}
	if (settings.format == SVG && !settings.memory) {
		fputs("alloccheck: only --memory has a picture; see "
		      "alloccheck scan --help\n",
		      stderr);
		return EXIT_FAILURE;
	}
	return written(scan(&settings, argv[optind]));
}
