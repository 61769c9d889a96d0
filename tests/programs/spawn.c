/* SPDX-License-Identifier: MIT */
/* posix_spawn has six arguments, and the last is the child's environment. */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

int main(void)
{
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
	return 0;
}
