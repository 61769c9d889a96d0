/* SPDX-License-Identifier: MIT */
/* The memory of a live process: see memory.h.  Offline. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "inspect/elf-file.h"
#include "inspect/memory-internal.h"
#include "report/sysroot.h"

struct process {
	struct alck_memory memory;
	int mem; /* /proc/PID/mem, -1 until process_vm_readv fails */
	int no_readv;
	int pagemap;	   /* /proc/PID/pagemap, -1 before and without */
	uint64_t first, n; /* pages that the window has */
	uint64_t window[1024];
};

#define PAGE	 4096u
#define AUXV_MAX 128
#define PRESENT	 (UINT64_C(3) << 62) /* in memory, or in swap */

/* Is page PAGE there?  1 where nobody can tell. */
static int is_there(struct process *p, uint64_t page)
{
	ssize_t n;

	if (page - p->first >= p->n) {
		n = pread(p->pagemap, p->window, sizeof(p->window),
			  (off_t)(8 * page));
		p->first = page;
		p->n = n > 0 ? (uint64_t)n / 8 : 0;
	}
	return !p->n || p->window[page - p->first] & PRESENT;
}

static size_t run_of(struct alck_memory *memory, uint64_t addr, size_t len,
		     int *touched)
{
	struct process *p = (struct process *)memory;
	uint64_t page = addr / PAGE;
	size_t n = 0;

	*touched = is_there(p, page) != 0;
	while (n < len && (is_there(p, page++) != 0) == *touched)
		n += PAGE;
	return n < len ? n : len;
}

static size_t read_mem(struct process *p, uint64_t addr, void *buf, size_t len)
{
	char path[64];
	ssize_t n;

	if (p->mem < 0) {
		snprintf(path, sizeof(path), "/proc/%ld/mem",
			 (long)p->memory.pid);
		p->mem = open(path, O_RDONLY | O_CLOEXEC);
	}
	n = p->mem < 0 ? -1 : pread(p->mem, buf, len, (off_t)addr);
	return n > 0 ? (size_t)n : 0;
}

static size_t read_process(struct alck_memory *memory, uint64_t addr, void *buf,
			   size_t len)
{
	struct process *p = (struct process *)memory;
	struct iovec here = {buf, len};
	struct iovec there = {(void *)(uintptr_t)addr, len};
	ssize_t n;

	if (!p->no_readv) {
		n = process_vm_readv(memory->pid, &here, 1, &there, 1, 0);
		if (n > 0)
			return (size_t)n;
		/* Without the call, or with a sandbox that forbids it. */
		if (errno == ENOSYS || errno == EPERM)
			p->no_readv = 1;
	}
	return read_mem(p, addr, buf, len);
}

/* The very file, even if it is gone or another one is at its path by now; root
 * alone may. */
static int open_mapped(const struct alck_memory *memory, const char *path)
{
	const struct alck_mapping *m = memory->mappings;
	char there[128];

	for (size_t i = 0; i < memory->nmappings; i++) {
		if (m[i].offset || strcmp(m[i].path, path))
			continue;
		snprintf(there, sizeof(there),
			 "/proc/%ld/map_files/%" PRIx64 "-%" PRIx64,
			 (long)memory->pid, m[i].low, m[i].high);
		return alck_sysroot_open(NULL, there);
	}
	return -1;
}

static int open_file(struct alck_memory *memory, const char *path)
{
	char there[PATH_MAX];
	int fd = *path == '/' ? open_mapped(memory, path) : -1;

	if (fd < 0 && *path == '/' &&
	    snprintf(there, sizeof(there), "/proc/%ld/root%s",
		     (long)memory->pid, path) < (int)sizeof(there))
		fd = alck_sysroot_open(NULL, there);
	/* Where it has another root, the path may be ours. */
	return fd >= 0 ? fd : alck_sysroot_open(NULL, path);
}

static size_t read_auxv(const struct alck_memory *memory, uint64_t *words,
			size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/auxv", (long)memory->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, words, room * sizeof(*words));
	close(fd);
	return n > 0 ? (size_t)n / sizeof(*words) : 0;
}

/* The addresses in it are others in each program that is begun. */
static const char *has_changed(struct alck_memory *memory)
{
	uint64_t words[AUXV_MAX];
	size_t n = read_auxv(memory, words, AUXV_MAX);

	if (!n)
		return "has ended";
	if (n != memory->nauxv ||
	    memcmp(words, memory->auxv, n * sizeof(*words)))
		return "has begun another program";
	return NULL;
}

static void close_process(struct alck_memory *memory)
{
	struct process *p = (struct process *)memory;

	if (p->mem >= 0)
		close(p->mem);
	if (p->pagemap >= 0)
		close(p->pagemap);
	free(p);
}

static const struct alck_memory_ops ops = {.read = read_process,
					   .run = run_of,
					   .open = open_file,
					   .changed = has_changed,
					   .close = close_process};

static int read_maps(struct alck_memory *memory)
{
	char path[64], *line = NULL;
	size_t size = 0;
	int failed = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%ld/maps", (long)memory->pid);
	maps = fopen(path, "re");
	if (!maps)
		return -1;
	errno = 0;
	while (!failed && getline(&line, &size, maps) > 0) {
		uint64_t low, high, offset;
		struct alck_mapping *m;
		char rights[5];
		int at = 0;

		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n",
			   &low, &high, rights, &offset, &at) < 4 ||
		    !at)
			continue;
		line[strcspn(line, "\n")] = 0;
		m = alck_memory_add(memory, low, high, offset, line + at);
		failed = !m;
		if (!m)
			break;
		m->readable = rights[0] == 'r';
		m->writable = rights[1] == 'w';
		m->executable = rights[2] == 'x';
	}
	free(line);
	fclose(maps);
	return failed ? -1 : 0;
}

static void keep_auxv(struct alck_memory *memory)
{
	uint64_t words[AUXV_MAX];
	size_t n = read_auxv(memory, words, AUXV_MAX);

	memory->auxv = calloc(n + 1, sizeof(*words));
	if (!memory->auxv)
		return;
	memcpy(memory->auxv, words, n * sizeof(*words));
	memory->nauxv = n;
}

/* What its program is built for, where that is not what we read; else "". */
static void other_machine(pid_t pid, char *name, size_t size)
{
	struct alck_elf_facts facts;
	char path[64];
	int fd;

	*name = 0;
	snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (alck_elf_read(fd, &facts) == ALCK_ELF_OTHER_MACHINE)
		snprintf(name, size, "%s", facts.machine);
	close(fd);
}

/* Why there is nothing to read, or NULL. */
static const char *read_nothing(struct alck_memory *memory)
{
	const struct alck_mapping *m = memory->mappings;
	char byte;

	if (!memory->nmappings)
		return "it has no memory of its own (a kernel thread, or it "
		       "has ended)";
	while (!m->readable && m + 1 < memory->mappings + memory->nmappings)
		m++;
	if (alck_memory_read_some(memory, m->low, &byte, 1))
		return NULL;
	if (has_changed(memory))
		return "it has just ended, or begun another program";
	return "its memory cannot be read: run this as its user, or as root "
	       "(kernel.yama.ptrace_scope may say so, too)";
}

struct alck_memory *alck_memory_of_process(pid_t pid, char *why, size_t size)
{
	struct process *p = calloc(1, sizeof(*p));
	struct alck_memory *memory;
	const char *nothing;
	char link[64], machine[32];
	ssize_t n;

	if (!p) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	memory = &p->memory;
	memory->ops = &ops;
	memory->pid = pid;
	memory->is_live = 1;
	p->mem = -1;
	snprintf(link, sizeof(link), "/proc/%ld/pagemap", (long)pid);
	p->pagemap = open(link, O_RDONLY | O_CLOEXEC);
	if (read_maps(memory)) {
		snprintf(why, size, "process %ld: %s", (long)pid,
			 errno == ENOENT ? "there is none"
			 : errno == EACCES || errno == EPERM
				 ? "it may not be looked into: that takes the "
				   "right to trace it (be its user, or root "
				   "with "
				   "CAP_SYS_PTRACE; kernel.yama.ptrace_scope "
				   "may "
				   "say so, too)"
				 : strerror(errno ? errno : ENOMEM));
		goto fail;
	}
	nothing = read_nothing(memory);
	other_machine(pid, machine, sizeof(machine));
	if (nothing || *machine) {
		snprintf(why, size,
			 nothing ? "process %ld: %s"
				 : "process %ld: its program is "
				   "built for %s, and only those for "
				   "x86-64 are looked into",
			 (long)pid, nothing ? nothing : machine);
		goto fail;
	}
	alck_memory_sort(memory);
	keep_auxv(memory);
	snprintf(link, sizeof(link), "/proc/%ld/exe", (long)pid);
	n = readlink(link, memory->exe, sizeof(memory->exe) - 1);
	memory->exe[n > 0 ? n : 0] = 0;
	return memory;
fail:
	alck_memory_close(memory);
	return NULL;
}
