/* SPDX-License-Identifier: MIT */
/*
 * Runs a command in which the kernel refuses memory to some of its objects:
 *
 *	refuse OBJECTS ERROR PERCENT FILE COMMAND...
 *
 * Of the mmap, mremap and mprotect calls that OBJECTS make (parts of their
 * paths, with commas between), in the command and all its children, PERCENT (0
 * to 100, with decimals) fail with ERROR (ENOMEM or EAGAIN), by chance, but by
 * the same each time.  All other calls are left alone.  FILE gets how many were
 * refused and how many made.
 *
 * The preload library makes its system calls itself, as libc does, so nothing
 * that stands before libc could refuse them.  A seccomp filter hands each to
 *this process, which sees by its instruction's address whose it is.  (A filter
 *cannot look at that alone: where an object lies is not known before it is
 *there.)
 *
 * Status 77: the kernel has no such filters (before 5.5).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1
#endif

static const char *objects;
static double percent;
static unsigned long refused, made;

/* The descriptor by which this filter's calls are answered, or -1. */
static int filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* One descriptor over a socket. */
union passed {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void pass(int to, int fd)
{
	struct iovec byte = {&(char){0}, 1};
	union passed p = {.header = {.cmsg_level = SOL_SOCKET,
				     .cmsg_type = SCM_RIGHTS,
				     .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr m = {.msg_iov = &byte,
			   .msg_iovlen = 1,
			   .msg_control = &p,
			   .msg_controllen = sizeof(p.room)};

	memcpy(CMSG_DATA(&p.header), &fd, sizeof(fd));
	must(sendmsg(to, &m, 0) == 1);
}

static int take(int from)
{
	struct iovec byte = {&(char){0}, 1};
	union passed p;
	struct msghdr m = {.msg_iov = &byte,
			   .msg_iovlen = 1,
			   .msg_control = &p,
			   .msg_controllen = sizeof(p.room)};
	int fd = -1;

	if (recvmsg(from, &m, 0) == 1 && m.msg_controllen >= sizeof(p.header))
		memcpy(&fd, CMSG_DATA(&p.header), sizeof(fd));
	return fd;
}

static int is_named(const char *path)
{
	char names[256], *rest = names, *name;

	snprintf(names, sizeof(names), "%s", objects);
	while ((name = strsep(&rest, ",")))
		if (strstr(path, name))
			return 1;
	return 0;
}

/* Is ADDR of the thread TID in one of OBJECTS? */
static int is_theirs(unsigned tid, unsigned long long addr)
{
	unsigned long long low, high;
	char path[64], line[4400];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", tid);
	f = fopen(path, "r");
	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%llx-%llx", &low, &high) != 2 || addr < low ||
		    addr >= high)
			continue;
		found = is_named(line);
		break;
	}
	if (f)
		fclose(f);
	return found;
}

static int chance(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / (double)(1ull << 53) * 100 < percent;
}

/* Answers calls until there is no process left that could make one. */
static void serve(int listener, int error)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;

	while (poll(&p, 1, -1) >= 0 && !(p.revents & POLLHUP)) {
		memset(&call, 0, sizeof(call));
		memset(&answer, 0, sizeof(answer));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call)) {
			/* Its thread was killed meanwhile. */
			must(errno == ENOENT || errno == EINTR);
			continue;
		}
		answer.id = call.id;
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (is_theirs(call.pid, call.data.instruction_pointer)) {
			made++;
			if (chance()) {
				refused++;
				answer.flags = 0;
				answer.error = -error;
			}
		}
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer))
			must(errno == ENOENT);
	}
}

static void run(int to, char **command)
{
	int listener = filter();

	if (listener < 0)
		_exit(77);
	pass(to, listener);
	close(listener);
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	int pair[2], listener, status, error;
	pid_t child;
	FILE *f;

	if (argc < 6)
		die("usage: refuse OBJECTS ERROR PERCENT FILE COMMAND...");
	objects = argv[1];
	error = !strcmp(argv[2], "EAGAIN") ? EAGAIN : ENOMEM;
	percent = strtod(argv[3], NULL);
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	child = fork();
	must(child >= 0);
	if (!child)
		run(pair[1], argv + 5);
	close(pair[1]);
	listener = take(pair[0]);
	if (listener >= 0)
		serve(listener, error);
	must(waitpid(child, &status, 0) == child);
	f = fopen(argv[4], "w");
	must(f && fprintf(f, "%lu %lu\n", refused, made) > 0 && !fclose(f));
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}
