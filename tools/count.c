/* SPDX-License-Identifier: MIT */
/*
 * Counting the processes that were observed: see launch.h.  Each leaves a byte
 * in a file when the preload library starts in it, for "nothing found" must not
 * be said of a program that nobody looked at.  Offline, in the launcher.
 */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/launch.h"

void alck_count_begin(char *buf)
{
	const char *folder = getenv("TMPDIR");
	struct rlimit limit;
	int fd;

	/* Where files may not grow, not one byte comes. */
	buf[0] = 0;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < 65536)
		return;
	if (!folder || folder[0] != '/')
		folder = "/tmp";
	if (snprintf(buf, PATH_MAX, "%s/alloccheck-count.XXXXXX", folder) >=
	    PATH_MAX) {
		buf[0] = 0;
		return;
	}
	fd = mkstemp(buf);
	if (fd < 0 || setenv("ALLOCCHECK_COUNT", buf, 1)) {
		if (fd >= 0)
			unlink(buf);
		buf[0] = 0;
	}
	if (fd >= 0)
		close(fd);
}

long alck_count_end(const char *path)
{
	struct stat st;
	long n = -1;

	if (!path[0])
		return -1;
	if (!stat(path, &st))
		n = (long)st.st_size;
	unlink(path);
	return n;
}
