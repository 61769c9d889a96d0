/* SPDX-License-Identifier: MIT */
/* Finding a program and following its #! lines: see program.h.  Offline. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "inspect/elf-file.h"
#include "inspect/program.h"

/* What execvp searches when there is no PATH. */
#define DEFAULT_PATH "/bin:/usr/bin"
/* The kernel follows four #! lines and refuses the fifth. */
#define MAX_SCRIPTS 4

static enum alck_program_state judge(struct alck_program *p, const char *file,
				     int scripts);

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* Can FILE be run by us, as far as the file system says? */
static enum alck_program_state access_state(const char *file)
{
	struct stat st;

	if (stat(file, &st))
		return errno == EACCES ? ALCK_PROGRAM_NO_PERMISSION
				       : ALCK_PROGRAM_MISSING;
	if (S_ISDIR(st.st_mode))
		return ALCK_PROGRAM_DIRECTORY;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, file, X_OK, AT_EACCESS))
		return ALCK_PROGRAM_NO_PERMISSION;
	return ALCK_PROGRAM_OK;
}

/* Puts the file that execvp would take for NAME into FILE.  What cannot be
 * run is passed over as long as something better follows. */
static enum alck_program_state find(const char *name, char *file, size_t size)
{
	const char *path = getenv("PATH");
	enum alck_program_state found = ALCK_PROGRAM_MISSING, state;
	char candidate[PATH_MAX];

	copy(file, size, name);
	if (!*name)
		return ALCK_PROGRAM_MISSING;
	if (strchr(name, '/'))
		return access_state(name);
	if (!path)
		path = DEFAULT_PATH;
	for (;;) {
		size_t len = strcspn(path, ":");
		int n = snprintf(candidate, sizeof(candidate), "%.*s%s%s",
				 (int)len, path, len ? "/" : "", name);

		if (n > 0 && (size_t)n < sizeof(candidate)) {
			state = access_state(candidate);
			if (state == ALCK_PROGRAM_OK ||
			    (found == ALCK_PROGRAM_MISSING &&
			     state != ALCK_PROGRAM_MISSING)) {
				copy(file, size, candidate);
				found = state;
			}
			if (state == ALCK_PROGRAM_OK)
				return state;
		}
		if (!path[len])
			return found;
		path += len + 1;
	}
}

/* Does running FILE give rights that the user has not got?  Then the loader
 * ignores LD_PRELOAD (AT_SECURE).  As the kernel decides it: no rights come
 * from a nosuid mount or under no_new_privs, and none to root from root. */
static enum alck_program_state gains_rights(const char *file, const char **what)
{
	struct stat st;
	struct statvfs fs;

	if (stat(file, &st) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return ALCK_PROGRAM_OK;
	if (!statvfs(file, &fs) && (fs.f_flag & ST_NOSUID))
		return ALCK_PROGRAM_OK;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid()) {
		*what = "set-user-ID";
		return ALCK_PROGRAM_SET_ID;
	}
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) &&
	    st.st_gid != getgid()) {
		*what = "set-group-ID";
		return ALCK_PROGRAM_SET_ID;
	}
	if (getuid() != 0 && getxattr(file, "security.capability", NULL, 0) > 0)
		return ALCK_PROGRAM_CAPABILITIES;
	return ALCK_PROGRAM_OK;
}

/* The loaders of other libcs for this machine. */
static int foreign_loader(const char *interpreter)
{
	static const char *const names[] = {"ld-musl", "uclibc", "uClibc",
					    "/system/bin/linker", NULL};

	for (int i = 0; names[i]; i++)
		if (strstr(interpreter, names[i]))
			return 1;
	return 0;
}

/* Is FILE the loader, called by name ("ld.so PROGRAM")?  It has no loader of
 * its own, and heeds LD_PRELOAD. */
static int is_loader(const char *file)
{
	char real[PATH_MAX];
	const char *base;

	if (!realpath(file, real))
		return 0;
	base = strrchr(real, '/') + 1;
	return !strncmp(base, "ld-linux", 8) || !strncmp(base, "ld-2.", 5) ||
	       !strcmp(base, "ld.so");
}

static enum alck_program_state judge_elf(struct alck_program *p,
					 const char *file, int fd)
{
	struct alck_elf_facts facts;
	const char *what = NULL;
	enum alck_program_state state;

	switch (alck_elf_read(fd, &facts)) {
	case ALCK_ELF_DAMAGED:
		copy(p->detail, sizeof(p->detail), facts.why);
		return ALCK_PROGRAM_DAMAGED;
	case ALCK_ELF_OTHER_MACHINE:
		copy(p->detail, sizeof(p->detail), facts.machine);
		return facts.is_32_bit ? ALCK_PROGRAM_32_BIT
				       : ALCK_PROGRAM_OTHER_MACHINE;
	case ALCK_ELF_OTHER_TYPE:
		return ALCK_PROGRAM_NOT_A_PROGRAM;
	default:
		break;
	}
	if (!facts.interpreter[0])
		return is_loader(file) ? ALCK_PROGRAM_OK : ALCK_PROGRAM_STATIC;
	copy(p->detail, sizeof(p->detail), facts.interpreter);
	if (foreign_loader(facts.interpreter))
		return ALCK_PROGRAM_OTHER_LIBC;
	if (access(facts.interpreter, F_OK))
		return ALCK_PROGRAM_NO_INTERPRETER;
	state = gains_rights(file, &what);
	if (what)
		copy(p->detail, sizeof(p->detail), what);
	return state;
}

/* The program that "env [-S] [NAME=VALUE...] PROGRAM" runs, or NULL.  Changes
 * ARGS. */
static char *env_program(char *args)
{
	char *save, *word;

	for (word = strtok_r(args, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save))
		if (word[0] != '-' && !strchr(word, '='))
			return word;
	return NULL;
}

/* A "#!" line of LEN bytes is at LINE, NUL-terminated behind it. */
static enum alck_program_state judge_script(struct alck_program *p, char *line,
					    int scripts)
{
	char found[PATH_MAX];
	char *interpreter, *args, *base;
	enum alck_program_state state;

	line[strcspn(line, "\n")] = 0;
	interpreter = line + 2 + strspn(line + 2, " \t");
	args = interpreter + strcspn(interpreter, " \t");
	if (*args)
		*args++ = 0;
	copy(p->object, sizeof(p->object), interpreter);
	if (access_state(interpreter) != ALCK_PROGRAM_OK) {
		copy(p->detail, sizeof(p->detail), interpreter);
		return ALCK_PROGRAM_NO_INTERPRETER;
	}
	state = judge(p, interpreter, scripts + 1);
	base = strrchr(interpreter, '/');
	if (state != ALCK_PROGRAM_OK ||
	    strcmp(base ? base + 1 : interpreter, "env"))
		return state;
	/* "#!/usr/bin/env PROGRAM": what is run in the end is PROGRAM.  When
	 * that is not found, env itself will say so. */
	args = env_program(args);
	if (args && find(args, found, sizeof(found)) == ALCK_PROGRAM_OK)
		return judge(p, found, scripts + 1);
	return state;
}

static enum alck_program_state judge(struct alck_program *p, const char *file,
				     int scripts)
{
	enum alck_program_state state;
	char head[4096];
	ssize_t n;
	int fd;

	copy(p->object, sizeof(p->object), file);
	if (scripts > MAX_SCRIPTS)
		return ALCK_PROGRAM_TOO_DEEP;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	/* A program that may be run but not read: nothing is known, and
	 * nothing speaks against it but the rights that it may give. */
	if (fd < 0) {
		const char *what = NULL;

		state = gains_rights(file, &what);
		if (what)
			copy(p->detail, sizeof(p->detail), what);
		return state;
	}
	n = pread(fd, head, sizeof(head) - 1, 0);
	head[n > 0 ? n : 0] = 0;
	if (n >= 4 && !memcmp(head, "\177ELF", 4)) {
		state = judge_elf(p, file, fd);
	} else if (n >= 2 && head[0] == '#' && head[1] == '!') {
		state = judge_script(p, head, scripts);
	} else {
		/* The kernel refuses it, and execvp has the shell read it. */
		state = judge(p, "/bin/sh", scripts + 1);
	}
	close(fd);
	return state;
}

enum alck_program_state alck_program_inspect(const char *name,
					     struct alck_program *p)
{
	memset(p, 0, sizeof(*p));
	p->state = find(name, p->file, sizeof(p->file));
	copy(p->object, sizeof(p->object), p->file);
	if (p->state == ALCK_PROGRAM_OK)
		p->state = judge(p, p->file, 0);
	return p->state;
}

int alck_program_unobservable(enum alck_program_state state)
{
	return state >= ALCK_PROGRAM_STATIC;
}

/* One row a state, where {f} is the file, {o} "FILE" or "FILE (a script that
 * OBJECT runs)", {d} the detail. */
static const char *const sentences[ALCK_PROGRAM_STATES] = {
	[ALCK_PROGRAM_MISSING] =
		"{f}: no such program: give its path, or put its folder into "
		"PATH",
	[ALCK_PROGRAM_DIRECTORY] = "{f} is a folder: name a program in it",
	[ALCK_PROGRAM_NO_PERMISSION] =
		"{f}: not executable for this user: chmod +x, or run it "
		"through its interpreter",
	[ALCK_PROGRAM_DAMAGED] =
		"{o} is a damaged ELF file ({d}): build or copy it again",
	[ALCK_PROGRAM_NOT_A_PROGRAM] =
		"{o} is an ELF file, but not a program (an object file or a "
		"core): link it first",
	[ALCK_PROGRAM_NO_INTERPRETER] =
		"{f} cannot be run, because what is to run it, {d}, is not "
		"there: install it, or correct the #! line",
	[ALCK_PROGRAM_TOO_DEEP] =
		"{f} is a script whose interpreter is a script, and so on: the "
		"kernel gives up; start its last interpreter yourself",
	[ALCK_PROGRAM_STATIC] =
		"{o} is statically linked, so that no preload library gets "
		"into it and nothing of it can be observed: link it without "
		"-static",
	[ALCK_PROGRAM_SET_ID] =
		"{o} is {d} and not yours, so that the loader ignores "
		"LD_PRELOAD and nothing of it can be observed: run it as its "
		"owner, or a copy without that bit",
	[ALCK_PROGRAM_CAPABILITIES] =
		"{o} has file capabilities, so that the loader ignores "
		"LD_PRELOAD and nothing of it can be observed: run it as root, "
		"or a copy without them (setcap -r)",
	[ALCK_PROGRAM_32_BIT] =
		"{o} is a 32-bit program ({d}) and alloccheck's library is a "
		"64-bit one, so that nothing of it can be observed: build it "
		"for 64 bits",
	[ALCK_PROGRAM_OTHER_MACHINE] =
		"{o} is built for another machine ({d}), so that nothing of it "
		"can be observed: run alloccheck on that machine",
	[ALCK_PROGRAM_OTHER_LIBC] =
		"{o} is not a glibc program (its loader is {d}), so that "
		"alloccheck's library does not fit and nothing of it can be "
		"observed: build it against glibc",
};

const char *alck_program_explain(const struct alck_program *p, char *buf,
				 size_t size)
{
	const char *s = sentences[p->state];
	size_t at = 0;

	buf[0] = 0;
	while (s && *s && at < size) {
		const char *value = NULL;
		int n;

		if (*s == '{')
			value = s[1] == 'd' ? p->detail : p->file;
		if (value && s[1] == 'o' && strcmp(p->file, p->object))
			n = snprintf(buf + at, size - at, "%s (what runs %s)",
				     p->object, p->file);
		else if (value)
			n = snprintf(buf + at, size - at, "%s", value);
		else
			n = snprintf(buf + at, size - at, "%c", *s);
		at += (size_t)n;
		s += value ? 3 : 1;
	}
	return buf;
}
