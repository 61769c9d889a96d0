/* SPDX-License-Identifier: MIT */
/*
 * Starts PROGRAM in the way that is named, without LD_PRELOAD in its
 *environment or, with "keep", with it:
 *
 *	starts WAY PROGRAM [keep]
 */
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

extern char **environ;

static char *const nothing[] = {(char *)"A=b", NULL};

static void start(const char *way, const char *path, char *const *envp)
{
	char *argv[] = {(char *)path, NULL};
	pid_t child;

	if (!strcmp(way, "execve")) {
		execve(path, argv, envp);
	} else if (!strcmp(way, "fault")) {
		must(execve(opaque((void *)16), argv, envp) < 0 &&
		     errno == EFAULT);
		return;
	} else if (!strcmp(way, "execv")) {
		execv(path, argv);
	} else if (!strcmp(way, "execvp")) {
		execvp(path, argv);
	} else if (!strcmp(way, "execvpe")) {
		execvpe("true", argv, envp);
	} else if (!strcmp(way, "execl")) {
		execl(path, path, (char *)NULL);
	} else if (!strcmp(way, "execlp")) {
		execlp("true", path, (char *)NULL);
	} else if (!strcmp(way, "execle")) {
		execle(path, path, "1", "2", "3", "4", "5", "6", (char *)NULL,
		       envp);
	} else if (!strcmp(way, "vfork")) {
		child = vfork();
		if (!child) {
			execve(path, argv, envp);
			_exit(3);
		}
		must(waitpid(child, NULL, 0) == child);
		return;
	} else if (!strcmp(way, "posix_spawn")) {
		must(!posix_spawn(&child, path, NULL, NULL, argv, envp));
		must(waitpid(child, NULL, 0) == child);
		return;
	} else if (!strcmp(way, "posix_spawnp")) {
		must(!posix_spawnp(&child, "true", NULL, NULL, argv, envp));
		must(waitpid(child, NULL, 0) == child);
		return;
	} else if (!strcmp(way, "system")) {
		must(!system(":"));
		return;
	} else if (!strcmp(way, "popen")) {
		FILE *f = popen(":", "r");

		must(f && !pclose(f));
		return;
	}
	exit(3);
}

int main(int argc, char **argv)
{
	int keep = argc > 3;

	must(argc > 2);
	if (!keep)
		unsetenv("LD_PRELOAD");
	start(argv[1], argv[2], keep ? environ : nothing);
	return 0;
}
