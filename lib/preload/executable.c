/* SPDX-License-Identifier: MIT */
/* Looking at a program file: see executable.h.  Signal-safe. */
#include <elf.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "preload/executable.h"
#include "preload/sys.h"
#include "preload/text.h"

#define HEAD	    512
#define SCRIPTS	    4	/* the kernel follows no more #! lines */
#define NO_SET_UID  0x2 /* ST_NOSUID, of struct statfs */
#define ERROR_ACCES (-13)

static int may_be_run(const char *path)
{
	return !alck_syscall(SYS_faccessat, AT_FDCWD, (long)path, X_OK, 0, 0,
			     0);
}

int alck_executable_find(const char *name, const char *search, char *buf,
			 size_t size)
{
	struct alck_text t;

	if (!search || alck_text_base(name) != name) {
		alck_text_begin(&t, buf, size);
		alck_text_add(&t, name);
		return t.used + 1 < size && may_be_run(buf) ? 0 : -1;
	}
	for (const char *p = search;; p++) {
		const char *end = p;

		while (*end && *end != ':')
			end++;
		alck_text_begin(&t, buf, size);
		alck_text_add_bytes(&t, p, (size_t)(end - p));
		alck_text_add(&t, end == p ? "./" : "/");
		alck_text_add(&t, name);
		if (t.used + 1 < size && may_be_run(buf))
			return 0;
		if (!*end)
			return -1;
		p = end;
	}
}

/* The loader drops LD_PRELOAD where a program gains rights. */
static const char *gains_rights(int fd, const struct stat *st)
{
	struct statfs fs;

	if (alck_syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0) == 1)
		return NULL;
	if (fd >= 0 && !alck_syscall(SYS_fstatfs, fd, (long)&fs, 0, 0, 0, 0) &&
	    fs.f_flags & NO_SET_UID)
		return NULL;
	if (st->st_mode & S_ISUID &&
	    (long)st->st_uid != alck_syscall(SYS_getuid, 0, 0, 0, 0, 0, 0))
		return "it is set-user-ID";
	if ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	    (long)st->st_gid != alck_syscall(SYS_getgid, 0, 0, 0, 0, 0, 0))
		return "it is set-group-ID";
	if (fd >= 0 &&
	    alck_syscall(SYS_fgetxattr, fd, (long)"security.capability", 0, 0,
			 0, 0) > 0 &&
	    alck_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0))
		return "it has file capabilities";
	return NULL;
}

static const char *judge_elf(int fd, const unsigned char *head)
{
	const Elf64_Ehdr *eh = (const void *)head;
	Elf64_Phdr ph;

	if (eh->e_ident[EI_CLASS] == ELFCLASS32)
		return "it is a 32-bit program";
#if defined(__x86_64__)
	if (eh->e_machine != EM_X86_64)
		return "it is built for another machine";
#endif
	if (eh->e_type == ET_DYN)
		return NULL; /* static-pie aside, which has no loader either */
	for (int i = 0; i < eh->e_phnum && i < 64; i++) {
		long at = (long)(eh->e_phoff + (uint64_t)i * sizeof(ph));

		if (alck_syscall(SYS_pread64, fd, (long)&ph, sizeof(ph), at, 0,
				 0) != sizeof(ph))
			return NULL;
		if (ph.p_type == PT_INTERP)
			return NULL;
	}
	return "it is statically linked";
}

/* The interpreter that the #! line in HEAD names, into BUF. */
static int read_script(const unsigned char *head, size_t len, char *buf,
		       size_t size)
{
	struct alck_text t;
	size_t i = 2;

	while (i < len && (head[i] == ' ' || head[i] == '\t'))
		i++;
	alck_text_begin(&t, buf, size);
	while (i < len && head[i] && head[i] != ' ' && head[i] != '\t' &&
	       head[i] != '\n')
		alck_text_add_bytes(&t, (const char *)head + i++, 1);
	return t.used ? 0 : -1;
}

/* Looks at the file at PATH; at a script, its interpreter goes to PATH, and
 * *MORE is set. */
static const char *look(char *path, size_t size, int *more)
{
	unsigned char head[HEAD] __attribute__((aligned(8))) = {0};
	const char *why = NULL;
	struct stat st;
	long n = 0;
	int fd;

	*more = 0;
	if (alck_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0,
			 0) ||
	    !S_ISREG(st.st_mode))
		return NULL;
	fd = alck_sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			   0);
	if (fd >= 0)
		n = alck_sys_read(fd, head, sizeof(head));
	if (n > 64 && alck_text_begins((const char *)head, "\177ELF")) {
		why = gains_rights(fd, &st);
		if (!why)
			why = judge_elf(fd, head);
	} else if (n > 2 && head[0] == '#' && head[1] == '!') {
		*more = !read_script(head, (size_t)n, path, size);
	} else if (fd == ERROR_ACCES) {
		/* One that may be run and not be read. */
		why = gains_rights(fd, &st);
	}
	if (fd >= 0)
		alck_sys_close(fd);
	return why;
}

const char *alck_executable_keeps_out(const char *path)
{
	const char *why = NULL;
	struct alck_text t;
	char file[512];
	int more = 1;

	alck_text_begin(&t, file, sizeof(file));
	alck_text_add(&t, path);
	if (t.used + 1 == sizeof(file))
		return NULL;
	for (int i = 0; i <= SCRIPTS && more && !why; i++)
		why = look(file, sizeof(file), &more);
	return why;
}
