/* SPDX-License-Identifier: MIT */
/* The report as a file: see report-file.h.  Signal-safe. */
#include <fcntl.h>
#include <sys/stat.h>

#include "contract/record.h"
#include "preload/descriptor.h"
#include "preload/modules.h"
#include "preload/report-file.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define PATH_SIZE	4352
#define FILES_OF_A_NAME 100 /* images of one process: exec keeps the pid */
#define ERROR_EXISTS	(-17)
#define ERROR_INTR	(-4)

static struct alck_descriptor file = {.fd = -1};
static uint64_t length; /* of what is whole in it */
static char path[PATH_SIZE];

/* "%q{NAME}" at P: puts the variable's value, without its slashes, since it
 * names a file and no way to one.  Returns what follows, or NULL where the
 * brace is never closed. */
static const char *add_variable(struct alck_text *t, const char *p)
{
	char name[256];
	struct alck_text n;
	const char *end = p, *value;

	while (*end && *end != '}')
		end++;
	if (!*end)
		return NULL;
	alck_text_begin(&n, name, sizeof(name));
	alck_text_add_bytes(&n, p, (size_t)(end - p));
	value = alck_runtime_variable(name);
	for (; value && *value; value++)
		alck_text_add_bytes(t, *value == '/' ? "_" : value, 1);
	return end + 1;
}

/* Puts WANTED with its % signs replaced.  Returns whether it is the name of a
 * file: "%%" alone makes none, a folder may have it. */
static int expand(struct alck_text *t, const char *wanted, int pid,
		  const char *program)
{
	int is_name = 0;

	for (const char *p = wanted; *p; p++) {
		if (*p != '%') {
			alck_text_add_bytes(t, p, 1);
			continue;
		}
		p++;
		if (*p == 'p') {
			alck_text_add_number(t, (uint64_t)pid);
			is_name = 1;
		} else if (*p == 'n') {
			alck_text_add(t, program);
			is_name = 1;
		} else if (*p == 'q' && p[1] == '{') {
			const char *rest = add_variable(t, p + 2);

			if (!rest)
				break;
			p = rest - 1;
			is_name = 1;
		} else if (*p) {
			alck_text_add_bytes(t, p, 1);
		} else {
			break;
		}
	}
	return is_name;
}

static void compose_path(int pid, int attempt)
{
	const char *wanted = alck_runtime.options.log_path;
	const char *program = alck_text_base(alck_module(0)->path);
	struct alck_text t;

	alck_text_begin(&t, path, sizeof(path));
	if (*wanted != '/' && alck_runtime.cwd) {
		alck_text_add(&t, alck_runtime.cwd);
		alck_text_add(&t, "/");
	}
	if (!expand(&t, wanted, pid, program)) {
		if (t.used && path[t.used - 1] != '/')
			alck_text_add(&t, "/");
		alck_text_add(&t, program);
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)pid);
		alck_text_add(&t, ".alck");
	}
	if (attempt) {
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)attempt);
		alck_text_add(&t, ".alck");
	}
}

/* Makes the folders that PATH is in. */
static void make_folders(void)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		alck_sys_mkdir(path, 0777);
		*p = '/';
	}
}

/* Is the root not the one that log_path was meant under? */
static int is_elsewhere(void)
{
	uint64_t device, inode;

	return alck_runtime_root(&device, &inode) ||
	       device != alck_runtime.root_device ||
	       inode != alck_runtime.root_inode;
}

static int open_file(int flags)
{
	return alck_sys_open(path,
			     O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
				     O_NOCTTY | O_NONBLOCK | flags,
			     0600);
}

int alck_report_file_create(int pid)
{
	int low = -1;

	length = 0;
	/* A sandbox may kill for the very try. */
	if (alck_sys_sandboxed || is_elsewhere()) {
		path[0] = 0;
		return -1;
	}
	compose_path(pid, 0);
	make_folders();
	for (int i = 0; i < FILES_OF_A_NAME; i++) {
		compose_path(pid, i);
		low = open_file(O_CREAT | O_EXCL);
		if (low != ERROR_EXISTS)
			break;
	}
	if (low < 0) {
		path[0] = 0;
		return -1;
	}
	return alck_descriptor_take(&file, low);
}

/* The program has closed it: opens it anew, if it still is that file. */
static int open_again(void)
{
	struct alck_descriptor was = file;
	int low;

	if (!path[0] || alck_sys_sandboxed)
		return -1;
	low = open_file(0);
	if (low < 0 || alck_descriptor_take(&file, low))
		return -1;
	if (file.device == was.device && file.inode == was.inode)
		return 0;
	alck_descriptor_close(&file);
	file = was;
	return -1;
}

/* A file into which no more than the header went. */
static void unmake(void)
{
	alck_syscall(SYS_unlinkat, -100, (long)path, 0, 0, 0, 0);
	alck_report_file_leave();
}

int alck_report_file_write(const unsigned char *bytes, size_t len)
{
	size_t done = 0;

	if (!alck_descriptor_is_ours(&file) && open_again())
		return -1;
	while (done < len) {
		long n = alck_sys_write_file(file.fd, bytes + done, len - done);

		if (n == ERROR_INTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done == len) {
		length += len;
		return 0;
	}
	/* The disk is full: nothing by halves. */
	if (length <= ALCK_FILE_HEADER)
		unmake();
	else if (done)
		alck_syscall(SYS_ftruncate, file.fd, (long)length, 0, 0, 0, 0);
	return -1;
}

void alck_report_file_folder(int pid, char *buf, size_t size)
{
	struct alck_text t;

	compose_path(pid, 0);
	alck_text_begin(&t, buf, size);
	alck_text_add_bytes(&t, path, (size_t)(alck_text_base(path) - path));
	path[0] = 0;
}

void alck_report_file_leave(void)
{
	alck_descriptor_close(&file);
	path[0] = 0;
	length = 0;
}

const char *alck_report_file_path(void)
{
	return path;
}
