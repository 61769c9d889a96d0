/* SPDX-License-Identifier: MIT */
/*
 * Makes the completions: writes those for the shell ARGV[1] (bash, zsh, fish)
 * to stdout, from the tables of options and of renderers.
 * Runs while alloccheck is built; is not installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/options.h"
#include "report/render.h"
#include "tools/tool-options.h"

/* What an argument of an option is. */
enum argument { NONE, OPTIONAL, ANY, FILES, FOLDERS, WORDS };

/* An option, whatever table it is from. */
struct option_of {
	const char *command; /* "" is run */
	char name[64];
	int letter;
	enum argument argument;
	const char *words; /* "a b c" */
	const char *help;
};

static struct option_of list[256];
static unsigned int count;

static const char *const commands[][2] = {
	{"run", "run a program (what it does by itself)"},
	{"report", "show reports"},
	{"scan", "look at a program, a process or a core from outside"},
	{"help", "all options"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static char *keep(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (!copy)
		exit(EXIT_FAILURE);
	return copy;
}

/* "a|b|c" as "a b c". */
static const char *spaced(const char *words)
{
	char *copy = keep(words);

	for (char *p = copy; *p; p++)
		if (*p == '|')
			*p = ' ';
	return copy;
}

static struct option_of *add(const char *command, const char *name)
{
	struct option_of *o = &list[count];

	if (count == sizeof(list) / sizeof(list[0]) ||
	    strlen(name) >= sizeof(o->name))
		exit(EXIT_FAILURE);
	count++;
	o->command = command;
	strcpy(o->name, name);
	for (char *p = o->name; *p; p++)
		if (*p == '_')
			*p = '-';
	return o;
}

static void add_run(void)
{
	static const enum argument kinds[] = {
		[ALCK_OPTION_CHOICE] = WORDS,
		[ALCK_OPTION_NUMBER] = ANY,
		[ALCK_OPTION_FLAG] = OPTIONAL,
		[ALCK_OPTION_TEXT] = FILES,
	};

	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		struct option_of *o = add("", row->name);

		o->argument = kinds[row->kind];
		o->words = row->words ? spaced(row->words) : "";
		o->help = row->help;
		if (!strcmp(row->name, "log_path"))
			o->letter = 'o';
		if (!strcmp(row->name, "help")) {
			o->letter = 'h';
			o->argument = NONE;
			o->help = "print all options";
		}
	}
	add("", "version");
	list[count - 1].letter = 'V';
	list[count - 1].help = "print the version";
}

static const char *formats(void)
{
	char all[256] = "";

	for (const struct alck_renderer *r = alck_renderers; r->name; r++) {
		if (strlen(all) + strlen(r->name) + 2 > sizeof(all))
			exit(EXIT_FAILURE);
		if (*all)
			strcat(all, " ");
		strcat(all, r->name);
	}
	return keep(all);
}

static void add_tool(const char *command, const struct alck_tool_option *rows)
{
	for (; rows->name; rows++) {
		struct option_of *o = add(command, rows->name);

		o->letter = rows->letter;
		o->words = spaced(rows->words);
		o->help = rows->help;
		if (!strcmp(rows->name, "format") && !*rows->words)
			o->words = formats();
		o->argument = !*rows->argument			    ? NONE
			      : *o->words			    ? WORDS
			      : !strncmp(rows->argument, "FILE", 4) ? FILES
			      : !strncmp(rows->argument, "DIR", 3)  ? FOLDERS
								    : ANY;
	}
}

/* TEXT with a backslash before each of CHARACTERS; a quote as the shell has
 * it between quotes. */
static void quoted(const char *text, const char *characters)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr(characters, *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

/* -------------------------------------------------------------------- bash */

static void bash_options(const char *command)
{
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(list[i].command, command))
			printf(" --%s%s", list[i].name,
			       list[i].argument > OPTIONAL ? "=" : "");
}

static void bash(void)
{
	puts("# bash completion for alloccheck; made from its tables of "
	     "options.\n"
	     "_alloccheck()\n"
	     "{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option= command= i word\n"
	     "\tCOMPREPLY=()\n"
	     "\t# What comes before the word decides: a command, or the\n"
	     "\t# program, whose own words are no business of ours.\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tword=${COMP_WORDS[i]}\n"
	     "\t\tcase $command:$word in\n"
	     "\t\t:run|:report|:scan|:help) command=$word ;;\n"
	     "\t\t:=|run:=) ;;\n"
	     "\t\t:-o|run:-o) ((i++)) ;;\n"
	     "\t\t:--|run:--)\n"
	     "\t\t\t_alloccheck_program $((i + 1))\n"
	     "\t\t\treturn ;;\n"
	     "\t\t:-*|run:-*|report:*|scan:*|help:*) ;;\n"
	     "\t\t*)\n"
	     "\t\t\t# The value of --option=value, which bash cuts.\n"
	     "\t\t\tif [[ ${COMP_WORDS[i - 1]} != '=' ]]; then\n"
	     "\t\t\t\t_alloccheck_program $i\n"
	     "\t\t\t\treturn\n"
	     "\t\t\tfi ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tif [[ $cur == '=' ]]; then\n"
	     "\t\toption=${COMP_WORDS[COMP_CWORD - 1]}\n"
	     "\t\tcur=\n"
	     "\telif [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[COMP_CWORD - 1]} == "
	     "'=' ]]; then\n"
	     "\t\toption=${COMP_WORDS[COMP_CWORD - 2]}\n"
	     "\telif [[ ${COMP_WORDS[COMP_CWORD - 1]} == -o ]]; then\n"
	     "\t\toption=--log-path\n"
	     "\tfi\n"
	     "\t[[ $command != run ]] || command=\n"
	     "\tif [[ $option ]]; then\n"
	     "\t\tcase $command:$option in");
	for (unsigned int i = 0; i < count; i++) {
		const struct option_of *o = &list[i];

		if (o->argument < FILES)
			continue;
		printf("\t\t%s:--%s) ", o->command, o->name);
		if (o->argument == WORDS)
			printf("COMPREPLY=($(compgen -W '%s' -- \"$cur\")) "
			       ";;\n",
			       o->words);
		else
			printf("COMPREPLY=($(compgen %s -- \"$cur\")) ;;\n",
			       o->argument == FILES ? "-f" : "-d");
	}
	puts("\t\tesac\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase $command:$cur in");
	for (unsigned int i = 0; i < 3; i++) {
		const char *command = i ? commands[i][0] : "";

		printf("\t%s:-*) COMPREPLY=($(compgen -W '", command);
		bash_options(command);
		puts("' -- \"$cur\")) ;;");
	}
	puts("\treport:*|scan:*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	     "\t:*) COMPREPLY=($(compgen -W 'run report scan help' -- "
	     "\"$cur\")\n"
	     "\t\t\t$(compgen -c -- \"$cur\")) ;;\n"
	     "\tesac\n"
	     "\t# An option that wants a value goes on without a space.\n"
	     "\tif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == --*= ]]; "
	     "then\n"
	     "\t\tcompopt -o nospace 2>/dev/null\n"
	     "\tfi\n"
	     "}\n"
	     "\n"
	     "# As if the words from the Nth on were the whole line.\n"
	     "_alloccheck_program()\n"
	     "{\n"
	     "\tif [[ $COMP_CWORD == \"$1\" ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -c -- \"${COMP_WORDS[$1]}\"))\n"
	     "\telif declare -F _command_offset >/dev/null; then\n"
	     "\t\t_command_offset \"$1\"\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	     "\tfi\n"
	     "}\n"
	     "complete -o filenames -o bashdefault -F _alloccheck alloccheck");
}

/* --------------------------------------------------------------------- zsh */

static void zsh_option(const struct option_of *o)
{
	printf("\t\t'%s--%s%s[", o->argument == NONE ? "" : "*", o->name,
	       o->argument == NONE	 ? ""
	       : o->argument == OPTIONAL ? "=-"
					 : "=");
	quoted(o->help, "[]:\\");
	putchar(']');
	if (o->argument == OPTIONAL)
		fputs("::on:(0 1)", stdout);
	else if (o->argument == WORDS)
		printf(":value:(%s)", o->words);
	else if (o->argument != NONE)
		printf(":value:%s", o->argument == FILES     ? "_files"
				    : o->argument == FOLDERS ? "_files -/"
							     : "");
	puts("' \\");
	if (!o->letter)
		return;
	printf("\t\t'-%c[", o->letter);
	quoted(o->help, "[]:\\");
	printf("]%s' \\\n", o->argument == NONE ? "" : ":value:_files");
}

static void zsh_options(const char *command)
{
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(list[i].command, command))
			zsh_option(&list[i]);
}

static void zsh(void)
{
	puts("#compdef alloccheck\n"
	     "# zsh completion for alloccheck; made from its tables of "
	     "options.\n"
	     "\n"
	     "_alloccheck_first()\n"
	     "{\n"
	     "\tlocal -a commands=(");
	for (unsigned int i = 0; i < COMMANDS; i++)
		printf("\t\t'%s:%s'\n", commands[i][0], commands[i][1]);
	puts("\t)\n"
	     "\t_describe -t commands command commands\n"
	     "\t_command_names -e\n"
	     "}\n"
	     "\n"
	     "_alloccheck()\n"
	     "{\n"
	     "\tlocal curcontext=$curcontext state\n"
	     "\t_arguments -C -S \\");
	zsh_options("");
	puts("\t\t'(-):command or program:_alloccheck_first' \\\n"
	     "\t\t'*:: :->rest' && return\n"
	     "\tcase $words[1] in\n"
	     "\trun)\n"
	     "\t\t_arguments -S \\");
	zsh_options("");
	puts("\t\t'(-):program:_command_names -e' \\\n"
	     "\t\t'*::arguments:_normal' ;;\n"
	     "\treport)\n"
	     "\t\t_arguments -S \\");
	zsh_options("report");
	puts("\t\t'*:report or folder:_files' ;;\n"
	     "\tscan)\n"
	     "\t\t_arguments -S \\");
	zsh_options("scan");
	puts("\t\t'1:program, process or core:_files' ;;\n"
	     "\t*)\n"
	     "\t\t_normal ;;\n"
	     "\tesac\n"
	     "}\n"
	     "\n"
	     "_alloccheck \"$@\"");
}

/* -------------------------------------------------------------------- fish */

static void fish_option(const struct option_of *o)
{
	printf("complete -c alloccheck -n '__alloccheck_in %s' -l %s",
	       *o->command ? o->command : "run", o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->argument == WORDS)
		printf(" -x -a '%s'", o->words);
	else if (o->argument == FOLDERS)
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
	else if (o->argument == FILES)
		fputs(" -r -F", stdout);
	else if (o->argument == ANY)
		fputs(" -x", stdout);
	fputs(" -d '", stdout);
	for (const char *p = o->help; *p; p++)
		printf(strchr("'\\", *p) ? "\\%c" : "%c", *p);
	puts("'");
}

static void fish(void)
{
	puts("# fish completion for alloccheck; made from its tables of "
	     "options.\n"
	     "\n"
	     "# Is the command line at the options of this command?  Without a "
	     "command it is\n"
	     "# run, up to the program's name.\n"
	     "function __alloccheck_in\n"
	     "\tset -l words (commandline -opc)[2..-1]\n"
	     "\tset -l command run\n"
	     "\tif set -q words[1]; and contains -- $words[1] run report scan "
	     "help\n"
	     "\t\tset command $words[1]\n"
	     "\t\tset -e words[1]\n"
	     "\tend\n"
	     "\tif test $command = run\n"
	     "\t\tfor word in $words\n"
	     "\t\t\tstring match -q -- '-*' $word; or return 1\n"
	     "\t\tend\n"
	     "\tend\n"
	     "\ttest $command = $argv[1]\n"
	     "end\n"
	     "function __alloccheck_first\n"
	     "\tset -l words (commandline -opc)[2..-1]\n"
	     "\tnot set -q words[1]\n"
	     "end\n"
	     "\n"
	     "complete -c alloccheck -n '__alloccheck_in run' -x -a "
	     "'(__fish_complete_command)'");
	for (unsigned int i = 0; i < COMMANDS; i++)
		printf("complete -c alloccheck -n __alloccheck_first -a %s -d "
		       "'%s'\n",
		       commands[i][0], commands[i][1]);
	for (unsigned int i = 0; i < count; i++)
		fish_option(&list[i]);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(void);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

	add_run();
	add_tool("report", alck_report_options);
	add_tool("scan", alck_scan_options);
	for (unsigned int i = 0; argc == 2 && i < 3; i++)
		if (!strcmp(argv[1], shells[i].name)) {
			shells[i].write();
			return ferror(stdout) || fflush(stdout) ? EXIT_FAILURE
								: 0;
		}
	fputs("usage: gen-completions bash|zsh|fish\n", stderr);
	return 2;
}
