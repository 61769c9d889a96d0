/* SPDX-License-Identifier: MIT */
/*
 * System calls made directly.
 *
 * The preload library runs before libc is relocated, inside programs that
 * interpose mmap and write themselves (tcmalloc does), and must leave errno
 * alone: so it never goes through libc's wrappers.  Every function returns
 * what the kernel returned: a negative errno on failure.  All are
 * signal-safe.
 */
#ifndef ALCK_PRELOAD_SYS_H
#define ALCK_PRELOAD_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "preload/arch.h"

/* The program limits its system calls (seccomp), and may be killed for one that
 * it never makes itself: from now on only such calls are made as any program
 * makes.  See sandbox.h. */
extern int alck_sys_sandboxed;

/* Did a call that returns an address or a count fail? */
static inline int alck_sys_failed(long result)
{
	return (unsigned long)result > -4096UL;
}

/* Address space: PROT_ and MAP_ of <sys/mman.h>.  Returns NULL on failure. */
static inline void *alck_sys_mmap(void *addr, size_t len, int prot, int flags)
{
	long r = alck_syscall(SYS_mmap, (long)addr, (long)len, prot, flags, -1,
			      0);

	return alck_sys_failed(r) ? NULL : (void *)r;
}

static inline int alck_sys_munmap(void *addr, size_t len)
{
	return (int)alck_syscall(SYS_munmap, (long)addr, (long)len, 0, 0, 0, 0);
}

static inline int alck_sys_mprotect(void *addr, size_t len, int prot)
{
	return (int)alck_syscall(SYS_mprotect, (long)addr, (long)len, prot, 0,
				 0, 0);
}

static inline int alck_sys_madvise(void *addr, size_t len, int advice)
{
	return (int)alck_syscall(SYS_madvise, (long)addr, (long)len, advice, 0,
				 0, 0);
}

/* Files.  openat is there on every architecture, open is not. */
static inline int alck_sys_open(const char *path, int flags, int mode)
{
	return (int)alck_syscall(SYS_openat, -100 /* AT_FDCWD */, (long)path,
				 flags, mode, 0, 0);
}

static inline long alck_sys_read(int fd, void *buf, size_t len)
{
	return alck_syscall(SYS_read, fd, (long)buf, (long)len, 0, 0, 0);
}

static inline long alck_sys_write(int fd, const void *buf, size_t len)
{
	return alck_syscall(SYS_write, fd, (long)buf, (long)len, 0, 0, 0);
}

/* The same to a file or socket of ours.  Where RLIMIT_FSIZE is reached the
 * kernel sends SIGXFSZ with the error, and SIGPIPE where nobody reads any more,
 * and the program would die of our writing: they are held back, and taken out
 * again. */
long alck_sys_write_file(int fd, const void *buf, size_t len);

static inline int alck_sys_close(int fd)
{
	return (int)alck_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline int alck_sys_fcntl(int fd, int cmd, long arg)
{
	return (int)alck_syscall(SYS_fcntl, fd, cmd, arg, 0, 0, 0);
}

static inline int alck_sys_mkdir(const char *path, int mode)
{
	return (int)alck_syscall(SYS_mkdirat, -100, (long)path, mode, 0, 0, 0);
}

static inline long alck_sys_readlink(const char *path, char *buf, size_t size)
{
	return alck_syscall(SYS_readlinkat, -100, (long)path, (long)buf,
			    (long)size, 0, 0);
}

/* Signals: the kernel's own structure, which libc's is not. */
struct alck_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static inline int alck_sys_sigaction(int sig, const struct alck_sigaction *new,
				     struct alck_sigaction *old)
{
	return (int)alck_syscall(SYS_rt_sigaction, sig, (long)new, (long)old,
				 sizeof(new->mask), 0, 0);
}
/* Set under valgrind, which says something of each call that it does not know:
 * there alck_sys_peek uses another. */
extern int alck_sys_valgrind;

/* Processes. */
static inline int alck_sys_getpid(void)
{
	return (int)alck_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline int alck_sys_getppid(void)
{
	return (int)alck_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

static inline int alck_sys_gettid(void)
{
	return (int)alck_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

static inline int alck_sys_tgkill(int pid, int tid, int sig)
{
	return (int)alck_syscall(SYS_tgkill, pid, tid, sig, 0, 0, 0);
}

/* Copies LEN bytes (at least 8) of this process's memory at ADDR to BUF without
 * faulting, whatever ADDR is, unless another thread unmaps it meanwhile.
 * Returns 0, or -1 when they cannot all be read. */
int alck_sys_peek(void *buf, const void *addr, size_t len);

/* The lower one of the soft limits RLIMIT_AS and RLIMIT_DATA (which counts
 * private writable mappings too) in bytes, UINT64_MAX for none. */
uint64_t alck_sys_address_limit(void);

/* Nanoseconds of CLOCK (CLOCK_MONOTONIC, CLOCK_REALTIME). */
uint64_t alck_sys_now(int clock);

#endif
