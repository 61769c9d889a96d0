/* SPDX-License-Identifier: MIT */
/*
 * The commands of the alloccheck tool, one file each, and what they share.
 * Each main takes the command's own name as argv[0] and returns the exit
 * status.
 */
#ifndef ALCK_TOOLS_COMMANDS_H
#define ALCK_TOOLS_COMMANDS_H

#include <stdio.h>

#include "report/suppressions.h"

int alck_run_main(int argc, char **argv);
int alck_report_main(int argc, char **argv);
int alck_scan_main(int argc, char **argv);

/* alloccheck scan --host, with /proc, /sys and /dev below ROOT ("" for this
 * machine); bus locks are counted for SECONDS, if that is not 0; and which
 * processors have come since process PID was started, if that is not NULL. */
int alck_scan_host(const char *root, const char *pid, double seconds, int json);

/* LEFT, and TEXT in a column beside it, broken at spaces. */
void alck_help_columns(FILE *out, const char *left, const char *text);

/* The file of suppressions that is always gone by, or NULL without one. */
const char *alck_rules_default(void);

/* Its rules, to be freed by the caller; NULL after a mistake or without
 * memory, which is said. */
struct alck_suppressions *alck_rules_new(void);

/* Adds the rules of the files in LIST, with newlines between them.  Returns 0,
 * or -1 after a mistake, which is said. */
int alck_rules_read_list(struct alck_suppressions *rules, const char *list);

#endif
