/* SPDX-License-Identifier: MIT */
/* alloccheck scan --host: the machine.  Offline. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "inspect/host.h"
#include "tools/commands.h"

/* Which processors came after process PID was started. */
static void since(const struct alck_host *host, const char *root, pid_t pid)
{
	uint64_t start = alck_host_process_start(root, pid);
	int n = 0;

	if (!start) {
		printf("  %-12s process %ld: when it was started cannot be "
		       "read\n",
		       "", (long)pid);
		return;
	}
	for (size_t i = 0; i < host->nlate; i++)
		if (host->late[i].ms > start) {
			printf("  %-12s processor %u came %.1f s after process "
			       "%ld was started: an allocator in it with a "
			       "cache for each processor may have none for "
			       "this one\n",
			       "", host->late[i].cpu,
			       (double)(host->late[i].ms - start) / 1000,
			       (long)pid);
			n++;
		}
	if (!n)
		printf("  %-12s none has come since process %ld was started, "
		       "as far as the kernel's log goes back\n",
		       "", (long)pid);
}

int alck_scan_host(const char *root, const char *pid, double seconds, int json)
{
	struct alck_host host;
	int failed = alck_host_read(&host, root);

	if (!failed && seconds > 0)
		alck_host_count(&host, seconds);
	if (failed)
		fputs("alloccheck: out of memory\n", stderr);
	else if (json)
		alck_host_json(stdout, &host);
	else
		alck_host_text(stdout, &host);
	if (!failed && !json && pid)
		since(&host, root, (pid_t)strtol(pid, NULL, 10));
	alck_host_free(&host);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
