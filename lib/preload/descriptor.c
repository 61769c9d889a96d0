/* SPDX-License-Identifier: MIT */
/* A descriptor of ours: see descriptor.h.  Signal-safe. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "preload/descriptor.h"
#include "preload/sys.h"

static int look(int fd, struct stat *st)
{
	return (int)alck_syscall(SYS_fstat, fd, (long)st, 0, 0, 0, 0);
}

static int move_up(int low)
{
	uint64_t limit[2] = {1024, 1024}; /* struct rlimit64: soft, hard */
	int high;

	alck_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)limit, 0, 0);
	if (limit[0] > 1024)
		limit[0] = 1024;
	if (limit[0] < 64)
		return low;
	high = alck_sys_fcntl(low, F_DUPFD_CLOEXEC, (long)limit[0] - 24);
	if (high < 0)
		return low;
	alck_sys_close(low);
	return high;
}

int alck_descriptor_take(struct alck_descriptor *d, int low)
{
	struct stat st;

	d->fd = -1;
	if (look(low, &st)) {
		alck_sys_close(low);
		return -1;
	}
	d->device = st.st_dev;
	d->inode = st.st_ino;
	d->fd = move_up(low);
	return 0;
}

int alck_descriptor_is_ours(const struct alck_descriptor *d)
{
	struct stat st;

	return d->fd >= 0 && !look(d->fd, &st) && st.st_dev == d->device &&
	       st.st_ino == d->inode;
}

void alck_descriptor_close(struct alck_descriptor *d)
{
	if (alck_descriptor_is_ours(d))
		alck_sys_close(d->fd);
	d->fd = -1;
}
