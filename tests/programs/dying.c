/* SPDX-License-Identifier: MIT */
/*
 * Makes a mistake, or several, and dies of something:
 *
 *	dying WAY [FOLDER]
 *
 *	kill quick group abort overflow		its way out
 *	memory			no memory is left when the mistake is made
 *	files			no file may grow (RLIMIT_FSIZE)
 *	full			as on a full disk: what is written to any
 *				descriptor above 63 fails
 *	late			the same from the second of three mistakes on
 *	short			the same by RLIMIT_FSIZE, which a write may
 *cross three			three mistakes, and nothing else chroot
 *in FOLDER, which is empty
 *	closed			all descriptors above 2 are closed, before and
 *				after
 *	rights			of nobody
 *	refused			seccomp refuses to open anything
 *	killed			seccomp kills for whatever a program does not
 *				need that has all it wants
 *	thread			in another thread, while the first one exits
 *
 * All but the first and the last end with status 7.  The mistakes: an
 * aligned_alloc block given to free, by functions of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

NOINLINE static void mistake(void)
{
	void *p;

	free(opaque(malloc(10)));
	p = aligned_alloc(64, 128);
	must(p);
	free(opaque(p));
	__asm__ volatile("");
}

NOINLINE static void mistake_two(void)
{
	mistake();
	__asm__ volatile("");
}

NOINLINE static void mistake_three(void)
{
	mistake();
	__asm__ volatile("");
}

NOINLINE static int overflow(int n)
{
	volatile char here[4096];

	here[n & 4095] = (char)n;
	return opaque((void *)here) ? overflow(n + 1) + here[5] : 0;
}

/* Everything but what is named is allowed.  By the system call itself: what
 * prctl() does is done by "killed". */
static void filter(struct sock_filter *code, size_t n, int by_prctl)
{
	struct sock_fprog program = {(unsigned short)n, code};

	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (by_prctl) {
		must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	} else {
		long r;

		__asm__ volatile("syscall"
				 : "=a"(r)
				 : "0"(SYS_seccomp),
				   "D"(SECCOMP_SET_MODE_FILTER), "S"(0L),
				   "d"(&program)
				 : "rcx", "r11", "memory");
		must(!r);
	}
}

#define NUMBER \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ON(call, what)                                         \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define COUNT(code) (sizeof(code) / sizeof((code)[0]))
#define ERROR(e)    (SECCOMP_RET_ERRNO | (e))

static void full_disk(void)
{
	struct sock_filter code[] = {
		NUMBER,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 63, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ERROR(ENOSPC)),
		ALLOW,
	};

	filter(code, COUNT(code), 0);
}

static void refuse(void)
{
	struct sock_filter code[] = {
		NUMBER,
		ON(openat, ERROR(EPERM)),
		ON(open, ERROR(EPERM)),
		ALLOW,
	};

	filter(code, COUNT(code), 1);
}

/* What the preload library would like to do, and the program does not. */
static void kill_for_it(void)
{
	struct sock_filter code[] = {
		NUMBER,
		ON(openat, SECCOMP_RET_KILL),
		ON(open, SECCOMP_RET_KILL),
		ON(mkdirat, SECCOMP_RET_KILL),
		ON(getdents64, SECCOMP_RET_KILL),
		ON(socket, SECCOMP_RET_KILL),
		ON(connect, SECCOMP_RET_KILL),
		ON(prlimit64, SECCOMP_RET_KILL),
		ON(munlock, SECCOMP_RET_KILL),
		ON(readlinkat, SECCOMP_RET_KILL),
		ON(uname, SECCOMP_RET_KILL),
		ON(sched_yield, SECCOMP_RET_KILL),
		ON(process_vm_readv, SECCOMP_RET_KILL),
		ALLOW,
	};

	filter(code, COUNT(code), 1);
}

/* Blocks in many places: what remembers them has to grow. */
static void many_blocks(void)
{
	for (int i = 0; i < 40; i++) {
		char *p = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			       0);

		must(p != MAP_FAILED);
		for (int k = 0; k < 100; k++)
			must(malloc(100 + (size_t)k));
	}
}

static void use_memory_up(void)
{
	struct rlimit limit = {0, 0};
	size_t size = 1 << 20;

	/* What is there stays, and in libc's heap there is a little; no more
	 * comes. */
	must(opaque(malloc(10)) && opaque(aligned_alloc(64, 128)));
	must(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = 1 << 20;
	must(!setrlimit(RLIMIT_AS, &limit));
	while (size > 128)
		if (!opaque(malloc(size)))
			size /= 2;
}

static void close_all(void)
{
	for (int fd = 3; fd < 1100; fd++)
		close(fd);
}

static void *in_thread(void *data)
{
	(void)data;
	mistake();
	_exit(7);
}

static void overflow_now(void)
{
	struct rlimit small = {256 << 10, 256 << 10};

	setrlimit(RLIMIT_STACK, &small);
	overflow(0);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	const struct rlimit none = {0, 0}, some = {100, 100};
	pthread_t thread;

	if (!strcmp(way, "memory"))
		use_memory_up();
	else if (!strcmp(way, "files"))
		must(!setrlimit(RLIMIT_FSIZE, &none));
	else if (!strcmp(way, "full"))
		full_disk();
	else if (!strcmp(way, "chroot"))
		must(argc > 2 && !chroot(argv[2]) && !chdir("/"));
	else if (!strcmp(way, "closed"))
		close_all();
	else if (!strcmp(way, "rights"))
		must(!setgid(65534) && !setuid(65534));
	else if (!strcmp(way, "refused"))
		refuse();
	else if (!strcmp(way, "killed"))
		kill_for_it();

	if (!strcmp(way, "thread")) {
		must(!pthread_create(&thread, NULL, in_thread, NULL));
		pthread_exit(NULL);
	}
	mistake();
	if (!strcmp(way, "three")) {
		mistake_two();
		mistake_three();
		_exit(7);
	}
	if (!strcmp(way, "late") || !strcmp(way, "short")) {
		if (*way == 'l')
			full_disk();
		else
			must(!setrlimit(RLIMIT_FSIZE, &some));
		mistake_two();
		mistake_three();
	}
	if (!strcmp(way, "closed"))
		close_all();
	if (!strcmp(way, "killed"))
		many_blocks();

	if (!strcmp(way, "kill"))
		raise(SIGKILL);
	if (!strcmp(way, "quick"))
		_exit(7);
	if (!strcmp(way, "group"))
		syscall(SYS_exit_group, 7);
	if (!strcmp(way, "abort"))
		abort();
	if (!strcmp(way, "overflow"))
		overflow_now();
	exit(7);
}
