/* SPDX-License-Identifier: MIT */
/*
 * Forbids what detours need, and goes on:
 *
 *	no-exec mdwe PROGRAM ARGS	PR_SET_MDWE: nothing that was written
 *					can be made executable
 *	no-exec seccomp PROGRAM ARGS	mprotect(PROT_EXEC) fails
 *	no-exec deadly PLUGIN		mprotect(PROT_EXEC) kills: loads PLUGIN
 *					and uses its plug_malloc and plug_free
 *
 * Status 77 where the kernel cannot.
 */
#include <dlfcn.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

#define SET_MDWE 65 /* PR_SET_MDWE */

static void forbid(unsigned int what)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, what),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		exit(77);
}

static void use(const char *file)
{
	void *handle = dlopen(file, RTLD_NOW), *(*get)(size_t);
	void (*put)(void *);

	if (!handle)
		die("%s", dlerror());
	*(void **)&get = dlsym(handle, "plug_malloc");
	*(void **)&put = dlsym(handle, "plug_free");
	must(get && put);
	for (int i = 0; i < 100; i++)
		put(get((size_t)i));
	puts("no-exec: still alive");
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "deadly")) {
		forbid(SECCOMP_RET_KILL);
		use(argv[2]);
		return 0;
	}
	if (!strcmp(what, "seccomp"))
		forbid(SECCOMP_RET_ERRNO | 1);
	else if (!strcmp(what, "mdwe"))
		prctl(SET_MDWE, 1, 0, 0, 0) ? exit(77) : (void)0;
	else
		die("usage: no-exec mdwe|seccomp|deadly ...");
	execv(argv[2], argv + 2);
	die("%s cannot be run", argv[2]);
}
