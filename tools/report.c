/* SPDX-License-Identifier: MIT */
/* alloccheck report: shows what the reports of earlier runs say.  Offline. */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/reader.h"
#include "report/render-text.h"
#include "report/render.h"
#include "report/utf8.h"
#include "tools/commands.h"

#define EXIT_DAMAGED 2

static const char usage[] =
	"Usage: alloccheck report [OPTIONS] FILE|FOLDER...\n"
	"Shows reports; of a folder every *.alck in it.\n"
	"\n"
	"      --format=FORMAT   how (default text):\n";

static const char usage_rest[] =
	"  -v, --verbose         all allocators, events, modules and frames\n"
	"      --color=WHEN      auto (default), always or never\n"
	"      --debug-path=DIR[:DIR...]\n"
	"                        where debug information lies "
	"(default /usr/lib/debug)\n"
	"      --sysroot=DIR     the files of the machine that ran: its /usr "
	"is "
	"DIR/usr\n"
	"      --debuginfod      ask the servers in DEBUGINFOD_URLS for what "
	"is "
	"not here\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 when every report was read whole; 2 when one was "
	"missing, cut\noff, damaged, empty, not a report or of a newer format "
	"(what is whole in it is\nshown); 1 when the command line was wrong or "
	"the output could not be written.\n";

struct settings {
	const struct alck_renderer *renderer;
	struct alck_images *images;
	struct alck_rendering rendering;
};

static void help(void)
{
	fputs(usage, stdout);
	for (const struct alck_renderer *r = alck_renderers; r->name; r++)
		printf("                          %-6s  %s\n", r->name,
		       r->help);
	fputs(usage_rest, stdout);
}

static void complain(const char *text)
{
	fputs("alloccheck: ", stderr);
	alck_utf8_print(stderr, text);
	fputc('\n', stderr);
}

/* Shows the report at PATH; returns 0 when it was whole. */
static int show(struct settings *settings, const char *path)
{
	struct alck_report *report = alck_reader_read(path);
	struct alck_view view;
	int whole;

	if (!report || alck_view_init(&view, report, settings->images)) {
		complain("out of memory");
		alck_report_free(report);
		return EXIT_DAMAGED;
	}
	alck_render_report(settings->renderer, &settings->rendering, &view);
	fflush(stdout);
	for (size_t i = 0; i < report->nproblems; i++)
		complain(report->problems[i]);
	whole = !report->nproblems;
	alck_view_done(&view);
	alck_report_free(report);
	return whole ? 0 : EXIT_DAMAGED;
}

static int show_path(struct settings *settings, const char *path)
{
	size_t count;
	char **names;
	int status = 0;

	if (alck_reader_list(path, &names, &count)) {
		fprintf(stderr, "alloccheck: %s: %s\n", path, strerror(errno));
		return EXIT_DAMAGED;
	}
	if (!count)
		fprintf(stderr,
			"alloccheck: %s: no reports here (a process with "
			"nothing to say leaves none)\n",
			path);
	for (size_t i = 0; i < count; i++)
		if (show(settings, names[i]))
			status = EXIT_DAMAGED;
	alck_reader_list_free(names, count);
	return status;
}

static int wrong(const char *option, const char *value)
{
	fprintf(stderr,
		"alloccheck: %s: not a value of --%s; see alloccheck report "
		"--help\n",
		value, option);
	return EXIT_FAILURE;
}

int alck_report_main(int argc, char **argv)
{
	enum { FORMAT = 256, COLOR, DEBUG_PATH, SYSROOT, DEBUGINFOD };
	static const struct option options[] = {
		{"format", required_argument, NULL, FORMAT},
		{"verbose", no_argument, NULL, 'v'},
		{"color", required_argument, NULL, COLOR},
		{"colour", required_argument, NULL, COLOR},
		{"debug-path", required_argument, NULL, DEBUG_PATH},
		{"debug-dir", required_argument, NULL, DEBUG_PATH},
		{"sysroot", required_argument, NULL, SYSROOT},
		{"debuginfod", no_argument, NULL, DEBUGINFOD},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	static const char *const whens[] = {"auto", "always", "never"};
	struct settings settings = {.renderer = alck_renderers,
				    .rendering = {.out = stdout}};
	struct alck_debug_places places = {NULL, NULL, 0};
	enum alck_colour colour = ALCK_COLOUR_AUTO;
	int option, when, status = 0;

	optind = 0; /* the launcher may have parsed before */
	while ((option = getopt_long(argc, argv, "vh", options, NULL)) != -1)
		switch (option) {
		case FORMAT:
			settings.renderer = alck_renderer_find(optarg);
			if (!settings.renderer)
				return wrong("format", optarg);
			break;
		case COLOR:
			for (when = 2; when >= 0; when--)
				if (!strcmp(optarg, whens[when]))
					break;
			if (when < 0)
				return wrong("color", optarg);
			colour = (enum alck_colour)when;
			break;
		case DEBUG_PATH:
			places.debug_path = optarg;
			break;
		case SYSROOT:
			places.sysroot = optarg;
			break;
		case DEBUGINFOD:
			places.debuginfod = 1;
			break;
		case 'v':
			settings.rendering.verbose = 1;
			break;
		case 'h':
			help();
			return EXIT_SUCCESS;
		default:
			fputs("See alloccheck report --help.\n", stderr);
			return EXIT_FAILURE;
		}
	if (optind == argc) {
		fputs("alloccheck: report of what? Name a report or a folder "
		      "of them; see alloccheck report --help\n",
		      stderr);
		return EXIT_FAILURE;
	}
	settings.rendering.colour = alck_text_colour(stdout, colour);
	settings.images = alck_images_new(&places);
	if (!settings.images ||
	    alck_render_begin(settings.renderer, &settings.rendering)) {
		complain("out of memory");
		return EXIT_FAILURE;
	}
	for (; optind < argc; optind++)
		if (show_path(&settings, argv[optind]))
			status = EXIT_DAMAGED;
	alck_render_end(settings.renderer, &settings.rendering);
	alck_images_free(settings.images);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "alloccheck: standard output: %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	return status;
}
