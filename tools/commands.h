/* SPDX-License-Identifier: MIT */
/*
 * The commands of the alloccheck tool, one file each, and what they share.
 * Each main takes the command's own name as argv[0] and returns the exit
 * status.
 */
#ifndef ALCK_TOOLS_COMMANDS_H
#define ALCK_TOOLS_COMMANDS_H

#include "report/summary.h"

int alck_run_main(int argc, char **argv);
int alck_report_main(int argc, char **argv);

#endif
