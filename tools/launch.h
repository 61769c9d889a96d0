/* SPDX-License-Identifier: MIT */
/*
 * The parts of `alloccheck run`: command line, environment, child.  Offline,
 * in the launcher's process.
 */
#ifndef ALCK_TOOLS_LAUNCH_H
#define ALCK_TOOLS_LAUNCH_H

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include "contract/options.h"
#include "report/merge.h"

/* Exit statuses of the launcher itself, as env and timeout have them. */
#define ALCK_EXIT_USAGE	       2
#define ALCK_EXIT_LAUNCHER     125 /* refused, or something of ours failed */
#define ALCK_EXIT_NOT_RUNNABLE 126
#define ALCK_EXIT_NOT_FOUND    127

/* The options of the command line, apart from those of the environment: TEXT
 * is "k=v:k=v", escaped, to be put behind the user's ALLOCCHECK_OPTIONS. */
struct alck_command_line {
	char *text;
	size_t text_len;
	char **argv; /* the program and its arguments; NULL-terminated */
};

/* Reads the launcher's command line from ARGV[1] on.  Returns -1 to go on, or
 * the exit status after --help, --version or a mistake, which it has printed.
 * OPTIONS holds those of the environment and takes the new ones. */
int alck_command_line_read(int argc, char **argv, struct alck_options *options,
			   struct alck_command_line *line);

/* Prints the launcher's help. */
void alck_help_print(FILE *out);

/* Prints one sentence on what is wrong with the option in E, naming the valid
 * words and the nearest one.  WHERE is "--" for the command line, else the
 * environment variable's name. */
void alck_help_option_error(FILE *out, const char *where,
			    const struct alck_option_error *e);

/* Puts the path of the preload library into BUF (PATH_MAX bytes).  Returns 0,
 * or -1 with one sentence in WHY. */
int alck_library_find(char *buf, char *why, size_t why_size);

/* Makes the file in which each observed process leaves a byte, and names it in
 * ALLOCCHECK_COUNT; puts its path into BUF (PATH_MAX bytes), empty where none
 * can be made. */
void alck_count_begin(char *buf);

/* Adds the option ROW with VALUE to what LINE's text has.  Returns 0, or -1
 * without memory. */
int alck_command_line_note(struct alck_command_line *line,
			   const struct alck_option_row *row,
			   const char *value);

/* How many processes have left their byte in PATH, which is removed; -1 if it
 * cannot be told. */
long alck_count_end(const char *path);

/* Sets LD_PRELOAD and ALLOCCHECK_OPTIONS for the program:
 * LIBRARY first, then what the user has; the user's options, then LINE's,
 * then LOG_PATH (absolute).  Returns 0, or -1 without memory. */
int alck_environment_set(const char *library,
			 const struct alck_command_line *line,
			 const char *log_path);

/* The absolute form of OPTIONS' log_path, or the default: a folder named for
 * this process in the current folder or, where that cannot be written to, in
 * $TMPDIR or /tmp.  A '%' of a folder's name is doubled, as log_path wants it.
 * Returns -1 when it does not fit. */
int alck_log_path(const struct alck_options *options, char *buf, size_t size);

/* LOG_PATH for process PID, which runs PROGRAM (NULL: a pattern for glob that
 * fits any), into BUF.  Returns whether it is the name of a file and not of a
 * folder.
 */
int alck_log_path_expand(const char *log_path, pid_t pid, const char *program,
			 char *buf, size_t size);

/* The path of its report: the first (ATTEMPT 0), or one more where that name is
 * taken.  Returns -1 when it does not fit. */
int alck_log_path_name(const char *log_path, pid_t pid, const char *program,
		       int attempt, char *buf, size_t size);

/* The reports of processes that can make no file, which they send to us. */
struct alck_collector;

/* Begins to listen, and says where in ALLOCCHECK_LAUNCHER.  Returns NULL where
 * that cannot be: then such reports are lost. */
struct alck_collector *alck_collector_open(void);

/* What is to be polled for it: up to MAX rows of FDS; returns how many.  NULL
 * is taken here and in what follows. */
size_t alck_collector_fds(const struct alck_collector *collector,
			  struct pollfd *fds, size_t max);

/* Takes what has come, without waiting. */
void alck_collector_serve(struct alck_collector *collector);

/* Takes the last of it, makes the files by LOG_PATH, tells on stderr what is in
 * those for which there can be none, and frees COLLECTOR.  Returns what was
 * told, the caller's, to alck_told_free; NULL for nothing. */
struct alck_told *alck_collector_end(struct alck_collector *collector,
				     const char *log_path);
void alck_told_free(struct alck_told *told);

/* Runs ARGV as a child and waits for its end, with signals and the terminal's
 * job control as if it were run directly; meanwhile serves COLLECTOR.  Returns
 * 0 with PID and waitpid's STATUS; an errno when the program could not be
 * started (then PID is 0 where it was not even forked). */
int alck_child_run(char **argv, struct alck_collector *collector, pid_t *pid,
		   int *status);

/* After the run: notes in the report of process PID how it ended (waitpid's
 * STATUS), and tells on stderr, when SUMMARY is not 0, what the reports of
 * LOG_PATH say that were written since STARTED, without what RULES are for.
 * OBSERVED processes had the preload library in them (-1: not known).  What was
 * TOLD already is counted with it.  Returns the number of errors. */
unsigned long long alck_reports_tell(const char *log_path,
				     const struct timespec *started, pid_t pid,
				     int status, int summary, long observed,
				     const struct alck_told *told,
				     const struct alck_suppressions *rules);

/* Ends this process as STATUS says the child ended: by the same signal, or
 * with the same exit status, which it returns. */
int alck_child_mimic(int status);

#endif
