/* SPDX-License-Identifier: MIT */
/* The system calls that need more than one line: see sys.h.  Signal-safe. */
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#include "preload/sys.h"

int alck_sys_peek(void *buf, const void *addr, size_t len)
{
	struct iovec to = { buf, len };
	struct iovec from = { (void *)(uintptr_t)addr, len };
	long r = alck_syscall(SYS_process_vm_readv, alck_sys_getpid(),
			      (long)&to, 1, (long)&from, 1, 0);

	return r == (long)len ? 0 : -1;
}

uint64_t alck_sys_address_limit(void)
{
	struct rlimit64 limit;
	long r = alck_syscall(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)&limit, 0,
			      0);

	if (r || limit.rlim_cur == (rlim64_t)-1)
		return UINT64_MAX;
	return limit.rlim_cur;
}

uint64_t alck_sys_now(int clock)
{
	struct timespec ts = { 0, 0 };

	alck_syscall(SYS_clock_gettime, clock, (long)&ts, 0, 0, 0, 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
