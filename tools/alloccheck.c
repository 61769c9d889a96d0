/* SPDX-License-Identifier: MIT */
/*
 * The alloccheck command: hands over to its parts, one file each.  "run" is
 * what it does when no part is named.
 */
#include "config.h"

#include <string.h>

#include "tools/commands.h"
#include "tools/launch.h"

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "report"))
		return alck_report_main(argc - 1, argv + 1);
	if (!strcmp(word, "scan"))
		return alck_scan_main(argc - 1, argv + 1);
	if (!strcmp(word, "run"))
		return alck_run_main(argc - 1, argv + 1);
	if (!strcmp(word, "help") && argc == 2) {
		alck_help_print(stdout);
		return fflush(stdout) || ferror(stdout) ? ALCK_EXIT_LAUNCHER
							: 0;
	}
	return alck_run_main(argc, argv);
}
