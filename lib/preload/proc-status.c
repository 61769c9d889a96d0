/* SPDX-License-Identifier: MIT */
/* /proc/self/status: see proc-status.h. */
#include <fcntl.h>

#include "preload/proc-status.h"
#include "preload/sys.h"
#include "preload/text.h"

static long number_after(const char *p, const char *name)
{
	long n = 0;

	p += alck_text_length(name);
	if (*p++ != ':')
		return -1;
	while (*p == ' ' || *p == '\t')
		p++;
	if (*p < '0' || *p > '9')
		return -1;
	while (*p >= '0' && *p <= '9')
		n = n * 10 + (*p++ - '0');
	return n;
}

__attribute__((noinline)) long alck_proc_status(const char *name)
{
	char status[4096];
	int fd = alck_sys_open("/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return -1;
	n = alck_sys_read(fd, status, sizeof(status) - 1);
	alck_sys_close(fd);
	if (n <= 0)
		return -1;
	status[n] = 0;
	for (const char *p = status; *p; p++)
		if ((p == status || p[-1] == '\n') && alck_text_begins(p, name))
			return number_after(p, name);
	return -1;
}

int alck_is_traced(void)
{
	return alck_proc_status("TracerPid") > 0;
}
