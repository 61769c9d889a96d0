/* SPDX-License-Identifier: MIT */
/* The launcher's command line, read with the option table: see launch.h. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/launch.h"

enum { FIRST_ROW = 256, SHOW_HELP = 'h', SHOW_VERSION = 'V' };

/* The table for getopt_long: each row as --on-error and as --on_error, and
 * what the launcher has besides.  The row "help" is for programs that are
 * started without the launcher. */
static struct option *long_options(void)
{
	struct option *list = calloc(2 * alck_noption_rows + 3, sizeof(*list));
	unsigned int n = 0;

	for (unsigned int i = 0; list && i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		int has = row->kind == ALCK_OPTION_FLAG ? optional_argument
							: required_argument;
		char *dashed = strdup(row->name);

		if (!dashed)
			return NULL;
		for (char *p = dashed; *p; p++)
			if (*p == '_')
				*p = '-';
		if (!strcmp(row->name, "help"))
			list[n++] = (struct option){"help", no_argument, NULL,
						    SHOW_HELP};
		else
			list[n++] = (struct option){dashed, has, NULL,
						    FIRST_ROW + (int)i};
		if (strcmp(row->name, dashed))
			list[n++] = (struct option){row->name, has, NULL,
						    FIRST_ROW + (int)i};
	}
	if (list)
		list[n] = (struct option){"version", no_argument, NULL,
					  SHOW_VERSION};
	return list;
}

int alck_command_line_note(struct alck_command_line *line,
			   const struct alck_option_row *row, const char *value)
{
	size_t room = strlen(row->name) + 2 * strlen(value) + 3;
	char *text = realloc(line->text, line->text_len + room);

	if (!text)
		return -1;
	line->text = text;
	text += line->text_len;
	if (line->text_len)
		*text++ = ':';
	text = stpcpy(stpcpy(text, row->name), "=");
	for (; *value; value++) {
		if (*value == ':' || *value == '\\')
			*text++ = '\\';
		*text++ = *value;
	}
	*text = 0;
	line->text_len = (size_t)(text - line->text);
	return 0;
}

/* A file that is named on the command line is named for every process, in
 * whatever folder it starts.  Returns VALUE where it is whole already, or BUF,
 * or NULL where it does not fit. */
static const char *whole_path(const char *value, char buf[PATH_MAX])
{
	size_t len;

	if (value[0] == '/')
		return value;
	if (!getcwd(buf, PATH_MAX))
		return NULL;
	len = strlen(buf);
	if (len + strlen(value) + 2 > PATH_MAX)
		return NULL;
	buf[len] = '/';
	strcpy(buf + len + 1, value);
	return buf;
}

static int take(struct alck_options *options, struct alck_command_line *line,
		const struct alck_option_row *row, const char *value)
{
	struct alck_option_error e = {.name = row->name,
				      .name_len = strlen(row->name),
				      .value = value,
				      .value_len = strlen(value),
				      .row = row};
	char dashed[64], path[PATH_MAX];
	size_t i;

	if (row->kind == ALCK_OPTION_LIST && *value) {
		value = whole_path(value, path);
		if (!value) {
			perror("alloccheck");
			return ALCK_EXIT_LAUNCHER;
		}
		e.value = value;
		e.value_len = strlen(value);
	}
	e.status = alck_options_set(options, row->name, e.name_len, value,
				    e.value_len);
	if (e.status == ALCK_OPTION_OK) {
		/* The whole path is handed on by alck_environment_set. */
		if (!strcmp(row->name, "log_path") ||
		    !alck_command_line_note(line, row, value))
			return -1;
		perror("alloccheck");
		return ALCK_EXIT_LAUNCHER;
	}
	for (i = 0; i < e.name_len && i < sizeof(dashed); i++)
		dashed[i] = row->name[i] == '_' ? '-' : row->name[i];
	e.name = dashed;
	alck_help_option_error(stderr, "--", &e);
	return ALCK_EXIT_USAGE;
}

/* What getopt_long could not read; OPTOPT is its own. */
static int complain(int c, char *word)
{
	struct alck_option_error e = {.status = ALCK_OPTION_UNKNOWN};

	if (optopt >= FIRST_ROW || optopt == 'o') {
		e.status = ALCK_OPTION_NO_VALUE;
		e.row = optopt == 'o' ? alck_option_find("log_path", 8)
				      : &alck_option_rows[optopt - FIRST_ROW];
	} else if (optopt && c == '?') {
		if (word[0] == '-' && word[1] == '-')
			fprintf(stderr, "alloccheck: %s: it takes no value\n",
				word);
		else
			fprintf(stderr,
				"alloccheck: -%c: no such option; "
				"alloccheck --help lists them\n",
				optopt);
		return ALCK_EXIT_USAGE;
	}
	e.name = word[0] == '-' && word[1] == '-' ? word + 2 : "log-path";
	e.name_len = strcspn(e.name, "=");
	alck_help_option_error(stderr, "--", &e);
	return ALCK_EXIT_USAGE;
}

int alck_command_line_read(int argc, char **argv, struct alck_options *options,
			   struct alck_command_line *line)
{
	struct option *list = long_options();
	int c, status;

	memset(line, 0, sizeof(*line));
	if (!list) {
		perror("alloccheck");
		return ALCK_EXIT_LAUNCHER;
	}
	opterr = 0;
	/* '+': what follows the program's name is the program's. */
	while ((c = getopt_long(argc, argv, "+:o:qhV", list, NULL)) != -1) {
		const struct alck_option_row *row;
		const char *value = optarg;

		switch (c) {
		case '?':
		case ':':
			return complain(c, argv[optind - 1]);
		case SHOW_HELP:
			alck_help_print(stdout);
			return fflush(stdout) || ferror(stdout)
				       ? ALCK_EXIT_LAUNCHER
				       : 0;
		case SHOW_VERSION:
			puts("alloccheck " PACKAGE_VERSION);
			return fflush(stdout) || ferror(stdout)
				       ? ALCK_EXIT_LAUNCHER
				       : 0;
		case 'o':
			row = alck_option_find("log_path", 8);
			break;
		case 'q':
			row = alck_option_find("summary", 7);
			value = "0";
			break;
		default:
			row = &alck_option_rows[c - FIRST_ROW];
			value = value ? value : "1";
			break;
		}
		status = take(options, line, row, value);
		if (status >= 0)
			return status;
	}
	if (optind >= argc) {
		fputs("alloccheck: which program? alloccheck --help shows how "
		      "it is called\n",
		      stderr);
		return ALCK_EXIT_USAGE;
	}
	line->argv = argv + optind;
	return -1;
}
