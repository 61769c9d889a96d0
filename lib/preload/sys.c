/* SPDX-License-Identifier: MIT */
/* The system calls that need more than one line: see sys.h.  Signal-safe. */
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#include "preload/sys.h"

int alck_sys_peek(void *buf, const void *addr, size_t len)
{
	struct iovec to = {buf, len};
	struct iovec from = {(void *)(uintptr_t)addr, len};
	long r = alck_syscall(SYS_process_vm_readv, alck_sys_getpid(),
			      (long)&to, 1, (long)&from, 1, 0);

	return r == (long)len ? 0 : -1;
}

/* The kernel's struct rlimit64, whatever libc's headers were told. */
static uint64_t soft_limit(int resource)
{
	uint64_t limit[2];
	long r = alck_syscall(SYS_prlimit64, 0, resource, 0, (long)limit, 0, 0);

	return r ? UINT64_MAX : limit[0];
}

uint64_t alck_sys_address_limit(void)
{
	uint64_t space = soft_limit(RLIMIT_AS), data = soft_limit(RLIMIT_DATA);

	return space < data ? space : data;
}

uint64_t alck_sys_now(int clock)
{
	struct timespec ts = {0, 0};

	alck_syscall(SYS_clock_gettime, clock, (long)&ts, 0, 0, 0, 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
