/* SPDX-License-Identifier: MIT */
/*
 * The commands of the alloccheck tool, one file each, and what they share.
 * Each main takes the command's own name as argv[0] and returns the exit
 * status.
 */
#ifndef ALCK_TOOLS_COMMANDS_H
#define ALCK_TOOLS_COMMANDS_H

#include <stdio.h>

int alck_run_main(int argc, char **argv);
int alck_report_main(int argc, char **argv);

/* LEFT, and TEXT in a column beside it, broken at spaces. */
void alck_help_columns(FILE *out, const char *left, const char *text);

#endif
