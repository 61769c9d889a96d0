/* SPDX-License-Identifier: MIT */
/* The system calls that need more than one line: see sys.h.  Signal-safe. */
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "preload/sys.h"

int alck_sys_sandboxed;
int alck_sys_valgrind;

/* Can the eight bytes at ADDR be read?  The kernel copies the new signal mask
 * before it looks at HOW, so a HOW that there is none tells without changing
 * anything; and no sandbox forbids this call, unlike process_vm_readv. */
static int is_readable(uintptr_t addr)
{
	uint64_t word, local[2] = {(uintptr_t)&word, 8}, remote[2] = {addr, 8};
	long r;

	if (alck_sys_valgrind)
		return alck_syscall(SYS_process_vm_readv, alck_sys_getpid(),
				    (long)local, 1, (long)remote, 1, 0) == 8;
	r = alck_syscall(SYS_rt_sigprocmask, ~0, (long)addr, 0, 8, 0, 0);

	return r == -22; /* EINVAL; else EFAULT */
}

int alck_sys_peek(void *buf, const void *addr, size_t len)
{
	uintptr_t at = (uintptr_t)addr, end = at + len;
	const unsigned char *from = addr;
	unsigned char *to = buf;

	if (end < at || len < 8)
		return -1;
	for (uintptr_t p = at; p + 8 < end; p = (p | 4095) + 1)
		if (!is_readable(p))
			return -1;
	if (!is_readable(end - 8))
		return -1;
	while (len--)
		*to++ = *from++;
	return 0;
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
	static uint64_t last = UINT64_MAX;
	uint64_t space, data;

	if (alck_sys_sandboxed)
		return __atomic_load_n(&last, __ATOMIC_RELAXED);
	space = soft_limit(RLIMIT_AS);
	data = soft_limit(RLIMIT_DATA);
	if (data < space)
		space = data;
	__atomic_store_n(&last, space, __ATOMIC_RELAXED);
	return space;
}

uint64_t alck_sys_now(int clock)
{
	struct timespec ts = {0, 0};

	alck_syscall(SYS_clock_gettime, clock, (long)&ts, 0, 0, 0, 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

long alck_sys_write_file(int fd, const void *bytes, size_t len)
{
	uint64_t held = 1UL << (SIGXFSZ - 1) | 1UL << (SIGPIPE - 1), old = 0;
	struct timespec now = {0, 0};
	uint64_t raised = 0;
	long n;

	alck_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&held, (long)&old,
		     sizeof(held), 0, 0);
	n = alck_sys_write(fd, bytes, len);
	if (n == -27 /* EFBIG */)
		raised = 1UL << (SIGXFSZ - 1);
	if (n == -32 /* EPIPE */)
		raised = 1UL << (SIGPIPE - 1);
	raised &= ~old;
	if (raised)
		alck_syscall(SYS_rt_sigtimedwait, (long)&raised, 0, (long)&now,
			     sizeof(raised), 0, 0);
	alck_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0,
		     sizeof(old), 0, 0);
	return n;
}
