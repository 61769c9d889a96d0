/* SPDX-License-Identifier: MIT */
/* Reports of earlier processes: see kin.h.  Signal-safe. */
#include <fcntl.h>
#include <sys/stat.h>

#include "preload/kin.h"
#include "preload/sys.h"
#include "preload/text.h"

/* The folder may be large: so many times the buffer is filled. */
#define ROUNDS 64

struct entry { /* struct linux_dirent64 */
	uint64_t inode;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* Does NAME end in SUFFIX, or in SUFFIX with a number behind it, as a second
 * report of a process does? */
static int fits(const char *name, const char *suffix)
{
	size_t n = alck_text_length(suffix);

	for (; *name; name++) {
		const char *p = name + n;

		if (*name != '.' || !alck_text_begins(name, suffix))
			continue;
		if (!*p)
			return 1;
		if (*p++ != '.')
			continue;
		while (*p >= '0' && *p <= '9')
			p++;
		if (alck_text_equal(p, ".alck"))
			return 1;
	}
	return 0;
}

static int is_younger(int folder, const char *name, uint64_t *youngest)
{
	struct stat st;
	uint64_t time;

	if (alck_syscall(SYS_newfstatat, folder, (long)name, (long)&st,
			 AT_SYMLINK_NOFOLLOW, 0, 0))
		return 0;
	time = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
	       (uint64_t)st.st_mtim.tv_nsec;
	if (time < *youngest)
		return 0;
	*youngest = time;
	return 1;
}

void alck_kin_find(const char *folder, int pid, char *buf, size_t size)
{
	static char entries[8192] __attribute__((aligned(8)));
	uint64_t youngest = 0;
	char suffix[32];
	struct alck_text t;
	int fd;

	buf[0] = 0;
	alck_text_begin(&t, suffix, sizeof(suffix));
	alck_text_add(&t, ".");
	alck_text_add_number(&t, (uint64_t)pid);
	alck_text_add(&t, ".alck");
	fd = alck_sys_open(folder,
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	for (int i = 0; i < ROUNDS; i++) {
		long n = alck_syscall(SYS_getdents64, fd, (long)entries,
				      sizeof(entries), 0, 0, 0);

		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(entries + at);

			at += e->size;
			if (!fits(e->name, suffix) ||
			    !is_younger(fd, e->name, &youngest))
				continue;
			alck_text_begin(&t, buf, size);
			alck_text_add(&t, e->name);
		}
		if (n <= 0)
			break;
	}
	alck_sys_close(fd);
}
