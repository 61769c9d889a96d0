/* SPDX-License-Identifier: MIT */
/* Files below another root: see sysroot.h.  Offline. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report/sysroot.h"

/* PATH below the system root; links in it lead to places below it too. */
static int open_below(const char *root, const char *path, int flags)
{
	char *whole;
	int fd;
#ifdef __NR_openat2 /* glibc 2.31 has no SYS_openat2 */
	struct open_how how = {.flags = (unsigned int)flags,
			       .resolve = RESOLVE_IN_ROOT};
	int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -1;
	fd = (int)syscall(__NR_openat2, dir, path, &how, sizeof(how));
	close(dir);
	if (fd >= 0 || errno != ENOSYS)
		return fd;
#endif
	if (asprintf(&whole, "%s/%s", root, path) < 0)
		return -1;
	fd = open(whole, flags);
	free(whole);
	return fd;
}

int alck_sysroot_open(const char *root, const char *path)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = root ? open_below(root, path, flags) : open(path, flags);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}
