/* SPDX-License-Identifier: MIT */
/* posix_spawn has six arguments, and the last is the child's environment. */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

static char stack[65536] __attribute__((aligned(16)));
static pid_t parent_tid, child_tid;

/* In a process of its own; its ID was written where the seventh argument of
 * clone says. */
static int in_clone(void *word)
{
	return child_tid == getpid() && *(int *)word == 6 ? 7 : 1;
}

int main(void)
{
	int word = 6;
	char name[] = "env", only[] = "ONLY=this";
	char *argv[] = {name, NULL}, *env[] = {only, NULL};
	FILE *out;
	pid_t pid;
	int status;

	must(!posix_spawn(&pid, "/usr/bin/env", NULL, NULL, argv, env));
	must(waitpid(pid, &status, 0) == pid);
	must(!posix_spawnp(&pid, "env", NULL, NULL, argv, env));
	must(waitpid(pid, &status, 0) == pid);
	must(system("exit 7") == 7 << 8);
	out = popen("exit 5", "r");
	must(out && pclose(out) == 5 << 8);
	pid = fork();
	if (!pid)
		_exit(4);
	must(waitpid(pid, &status, 0) == pid && status == 4 << 8);
	pid = vfork();
	if (!pid)
		_exit(3);
	must(waitpid(pid, &status, 0) == pid && status == 3 << 8);
	child_tid = -1;
	pid = clone(in_clone, stack + sizeof(stack),
		    CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, &word,
		    &parent_tid, NULL, &child_tid);
	must(waitpid(pid, &status, 0) == pid && status == 7 << 8);
	must(parent_tid == pid && child_tid == -1);
	return 0;
}
