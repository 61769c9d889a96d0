/* SPDX-License-Identifier: MIT */
/* alloccheck report: shows what the reports of earlier runs say; the command
 * line.  Offline. */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/render-text.h"
#include "tools/commands.h"
#include "tools/report-show.h"
#include "tools/report-state.h"
#include "tools/tool-options.h"

enum row {
#define OPTION(id, name, letter, argument, words, help) ROW_##id,
#include "tools/report-options.def"
#undef OPTION
	ROWS
};

struct command {
	struct alck_report_settings settings;
	struct alck_debug_places places;
	enum alck_colour colour;
	int merge, each, diff;
	int exitcode; /* -1: as usual */
	const char *who;
	struct alck_core_places core;
};

static void help(void)
{
	fputs("Usage: alloccheck report [OPTIONS] FILE|FOLDER|PID|CORE...\n"
	      "       alloccheck report --diff [OPTIONS] OLD NEW\n"
	      "       alloccheck report --who=ADDRESS PID|CORE\n"
	      "Shows reports; of a folder every *.alck in it, of a process or "
	      "a core what its\nreport would hold.\n\n",
	      stdout);
	for (const struct alck_tool_option *o = alck_report_options; o->name;
	     o++) {
		alck_tool_option_help(stdout, o);
		for (const struct alck_renderer *r = alck_renderers;
		     !strcmp(o->name, "format") && r->name; r++)
			printf("%26s%-12s  %s\n", "", r->name, r->help);
	}
	fputs("\n"
	      "Exit status: 0 when every report was read whole; 2 when one was "
	      "missing, cut\noff, damaged, empty, not a report or of a newer "
	      "format (what is whole in it is\nshown); 1 when the command line "
	      "was wrong or the output could not be written.\nWith "
	      "--error-exitcode=N, or --diff, N (99) where there are errors, "
	      "or "
	      "new ones.\n",
	      stdout);
}

static int wrong(const char *option, const char *value)
{
	fprintf(stderr,
		"alloccheck: %s: not a value of --%s; see alloccheck report "
		"--help\n",
		value, option);
	return EXIT_FAILURE;
}

static int add_suppressions(struct command *c, const char *path)
{
	struct alck_report_settings *s = &c->settings;

	return alck_suppressions_read(s->suppressions, path, stderr)
		       ? EXIT_FAILURE
		       : 0;
}

static int set_colour(struct command *c, const char *value)
{
	static const char *const whens[] = {"auto", "always", "never"};

	for (int when = 0; when < 3; when++)
		if (!strcmp(value, whens[when])) {
			c->colour = (enum alck_colour)when;
			return 0;
		}
	return wrong("color", value);
}

static int set_exitcode(struct command *c, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (!*value || *end || n < 0 || n > 255)
		return wrong("error-exitcode", value);
	c->exitcode = (int)n;
	return 0;
}

/* Returns 0 to go on. */
static int take(struct command *c, enum row row, const char *value)
{
	struct alck_report_settings *s = &c->settings;

	switch (row) {
	case ROW_FORMAT:
		s->renderer = alck_renderer_find(value);
		if (!s->renderer)
			return wrong("format", value);
		break;
	case ROW_COLOR:
		return set_colour(c, value);
	case ROW_ERROR_EXITCODE:
		return set_exitcode(c, value);
	case ROW_SUPPRESSIONS:
		return add_suppressions(c, value);
	case ROW_GEN_SUPPRESSIONS:
		s->renderer = alck_renderer_find("suppressions");
		c->merge = 1;
		break;
	case ROW_VERBOSE:
		s->rendering.verbose = 1;
		break;
	case ROW_MERGE:
		c->merge = 1;
		break;
	case ROW_EACH:
		c->each = 1;
		break;
	case ROW_DIFF:
		c->diff = 1;
		break;
	case ROW_DEBUG_PATH:
		c->places.debug_path = value;
		break;
	case ROW_SYSROOT:
		c->places.sysroot = value;
		c->core.sysroot = value;
		break;
	case ROW_WHO:
		c->who = value;
		break;
	case ROW_EXE:
		c->core.exe = value;
		break;
	case ROW_DEBUGINFOD:
		c->places.debuginfod = 1;
		break;
	default:
		break;
	}
	return 0;
}

/* The table for getopt_long, and what people write besides. */
static void long_options(struct option *list)
{
	static const struct option more[] = {
		{"colour", required_argument, NULL,
		 ALCK_TOOL_OPTION + ROW_COLOR},
		{"debug-dir", required_argument, NULL,
		 ALCK_TOOL_OPTION + ROW_DEBUG_PATH},
		{NULL, 0, NULL, 0},
	};

	alck_tool_options_long(alck_report_options, list);
	memcpy(list + ROWS, more, sizeof(more));
}

/* Reads the options.  Returns -1 to go on, or the exit status. */
static int read_options(struct command *c, int argc, char **argv)
{
	struct option list[ROWS + 3];
	int option, row, status;

	long_options(list);
	optind = 0; /* the launcher may have parsed before */
	while ((option = getopt_long(argc, argv, "vh", list, NULL)) != -1) {
		row = alck_tool_options_row(alck_report_options, option);
		if (row < 0) {
			fputs("See alloccheck report --help.\n", stderr);
			return EXIT_FAILURE;
		}
		if (row == ROW_HELP) {
			help();
			return EXIT_SUCCESS;
		}
		status = take(c, (enum row)row, optarg);
		if (status)
			return status;
	}
	if (optind == argc) {
		fputs("alloccheck: report of what? Name a report or a folder "
		      "of them; see alloccheck report --help\n",
		      stderr);
		return EXIT_FAILURE;
	}
	if (c->diff && argc - optind != 2) {
		fputs("alloccheck: --diff takes two files or folders, the old "
		      "one and the new one\n",
		      stderr);
		return EXIT_FAILURE;
	}
	if ((c->merge || c->diff) && !c->settings.renderer->merged) {
		fprintf(stderr,
			"alloccheck: --format=%s has whole reports alone: "
			"--merge and --diff are not for it\n",
			c->settings.renderer->name);
		return EXIT_FAILURE;
	}
	return -1;
}

static int show(struct command *c, char **paths, int count)
{
	struct alck_report_settings *s = &c->settings;
	int merge =
		c->merge || !s->renderer->report ||
		(s->is_text && !c->each && alck_report_is_many(paths, count));

	s->rendering.shows = c->diff ? ALCK_SHOWS_CHANGES
			     : merge ? ALCK_SHOWS_MERGED
				     : ALCK_SHOWS_REPORTS;
	if (c->diff)
		return alck_report_diff(s, paths);
	return merge ? alck_report_merged(s, paths, count)
		     : alck_report_each(s, paths, count);
}

/* Puts a report in place of each process and core. */
static int find_states(struct command *c, char **paths, int count)
{
	for (int i = 0; i < count; i++) {
		const char *path;

		if (!alck_report_is_state(paths[i]))
			continue;
		path = alck_report_of_state(paths[i], &c->core);
		if (!path)
			return 2;
		paths[i] = (char *)path;
	}
	return 0;
}

int alck_report_main(int argc, char **argv)
{
	struct command c = {.settings = {.renderer = alck_renderers,
					 .rendering = {.out = stdout}},
			    .exitcode = -1};
	struct alck_report_settings *s = &c.settings;
	int status;

	s->suppressions = alck_rules_new();
	if (!s->suppressions)
		return EXIT_FAILURE;
	status = read_options(&c, argc, argv);
	if (status >= 0)
		goto out;
	if (c.who) {
		status = alck_report_who(argv[optind], &c.core, c.who);
		goto out;
	}
	s->is_text = s->renderer == alck_renderers;
	s->rendering.colour = alck_text_colour(stdout, c.colour);
	s->images = alck_images_new(&c.places);
	if (!s->images || alck_render_begin(s->renderer, &s->rendering)) {
		fputs("alloccheck: out of memory\n", stderr);
		status = EXIT_FAILURE;
		goto out;
	}
	status = find_states(&c, argv + optind, argc - optind);
	if (!status)
		status = show(&c, argv + optind, argc - optind);
	alck_render_end(s->renderer, &s->rendering);
	if (c.exitcode < 0)
		c.exitcode = c.diff ? ALCK_REPORT_ERRORS : 0;
	if (!status && s->errors)
		status = c.exitcode;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "alloccheck: standard output: %s\n",
			strerror(errno));
		status = EXIT_FAILURE;
	}
out:
	alck_images_free(s->images);
	alck_suppressions_free(s->suppressions);
	return status;
}
