/* SPDX-License-Identifier: MIT */
/*
 * The memory that a core holds: see memory.h.  Offline.
 *
 * The core says in its program headers which addresses it has the bytes of, and
 * in the note NT_FILE which files the rest was mapped from.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/core-files.h"

/* Bytes that are in the core. */
struct segment {
	uint64_t low, high; /* [low, high) */
	uint64_t at;	    /* in the file */
};

struct core {
	struct alck_memory memory;
	int fd;
	uint64_t size;
	struct segment *segments;
	size_t nsegments;
	struct alck_core_files *files;
};

/* The bytes of the core at ADDR: how many of LEN were copied. */
static size_t read_segments(struct alck_memory *memory, uint64_t addr,
			    void *buf, size_t len)
{
	const struct core *c = (const struct core *)memory;
	size_t low = 0, high = c->nsegments;
	ssize_t n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->segments[middle].high <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == c->nsegments || c->segments[low].low > addr)
		return 0;
	if (len > c->segments[low].high - addr)
		len = c->segments[low].high - addr;
	n = pread(c->fd, buf, len,
		  (off_t)(c->segments[low].at + addr - c->segments[low].low));
	return n > 0 ? (size_t)n : 0;
}

/* What the kernel left out, since it is as in its file. */
static size_t read_files(struct core *c, uint64_t addr, void *buf, size_t len)
{
	const struct alck_mapping *m = alck_memory_mapping_at(&c->memory, addr);
	ssize_t n;
	int fd;

	if (!m || !m->path[0] || m->writable)
		return 0;
	fd = alck_core_files_find(c->files, m->path);
	if (fd < 0 || m->changed)
		return 0;
	if (len > m->high - addr)
		len = m->high - addr;
	n = pread(fd, buf, len, (off_t)(m->offset + addr - m->low));
	return n > 0 ? (size_t)n : 0;
}

static size_t read_core(struct alck_memory *memory, uint64_t addr, void *buf,
			size_t len)
{
	struct core *c = (struct core *)memory;
	size_t n = read_segments(memory, addr, buf, len);

	return n ? n : read_files(c, addr, buf, len);
}

static int open_file(struct alck_memory *memory, const char *path)
{
	struct core *c = (struct core *)memory;
	int fd = alck_core_files_find(c->files, path);

	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static size_t list_files(const struct alck_memory *memory,
			 const struct alck_memory_file **files)
{
	return alck_core_files_list(((const struct core *)memory)->files,
				    files);
}

static void close_core(struct alck_memory *memory)
{
	struct core *c = (struct core *)memory;

	alck_core_files_free(c->files);
	free(c->segments);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static const struct alck_memory_ops ops = {.read = read_core,
					   .open = open_file,
					   .files = list_files,
					   .close = close_core};

/* ----------------------------------------------------------------- opening */

/* NT_FILE: count, page size, then count times start, end and offset in pages,
 * then the paths. */
static int read_file_note(struct core *c, const char *desc, size_t len)
{
	uint64_t count, page, row[3];
	const char *name, *end = desc + len;

	if (len < 16)
		return 0;
	memcpy(&count, desc, 8);
	memcpy(&page, desc + 8, 8);
	if (count > (len - 16) / 24)
		return 0;
	name = desc + 16 + 24 * count;
	for (uint64_t i = 0; i < count; i++) {
		const char *nul = memchr(name, 0, (size_t)(end - name));

		if (!nul)
			return 0;
		memcpy(row, desc + 16 + 24 * i, 24);
		if (row[0] < row[1] &&
		    !alck_memory_add(&c->memory, row[0], row[1], row[2] * page,
				     name))
			return -1;
		name = nul + 1;
	}
	return 0;
}

static void read_auxv_note(struct core *c, const char *desc, size_t len)
{
	if (c->memory.auxv)
		return;
	c->memory.auxv = malloc(len + 8);
	if (!c->memory.auxv)
		return;
	memcpy(c->memory.auxv, desc, len);
	c->memory.nauxv = len / 8;
}

/* Of several threads the first is the one that got the signal. */
static void read_status_note(struct core *c, const char *desc, size_t len)
{
	prstatus_t status;

	if (len < sizeof(status) || c->memory.pid)
		return;
	memcpy(&status, desc, sizeof(status));
	c->memory.signal = status.pr_cursig;
	c->memory.pid = status.pr_pid;
}

static void read_info_note(struct core *c, const char *desc, size_t len)
{
	prpsinfo_t info;

	if (len < sizeof(info))
		return;
	memcpy(&info, desc, sizeof(info));
	c->memory.pid = info.pr_pid;
}

static int read_notes(struct core *c, Elf *elf, const GElf_Phdr *ph)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset,
					      ph->p_filesz, ELF_T_NHDR);
	size_t at = 0, next, name, desc;
	GElf_Nhdr n;

	while (data && (next = gelf_getnote(data, at, &n, &name, &desc))) {
		const char *bytes = (const char *)data->d_buf + desc;

		at = next;
		if (n.n_type == NT_FILE) {
			if (read_file_note(c, bytes, n.n_descsz))
				return -1;
		} else if (n.n_type == NT_AUXV) {
			read_auxv_note(c, bytes, n.n_descsz);
		} else if (n.n_type == NT_PRSTATUS) {
			read_status_note(c, bytes, n.n_descsz);
		} else if (n.n_type == NT_PRPSINFO) {
			read_info_note(c, bytes, n.n_descsz);
		}
	}
	return 0;
}

static int add_segment(struct core *c, const GElf_Phdr *ph, size_t room)
{
	uint64_t len = ph->p_filesz;

	/* Cut off, as by RLIMIT_CORE: what is there is good. */
	if (ph->p_offset >= c->size)
		return 0;
	if (len > c->size - ph->p_offset)
		len = c->size - ph->p_offset;
	if (!len || ph->p_vaddr + len < ph->p_vaddr)
		return 0;
	if (!c->segments) {
		c->segments = calloc(room, sizeof(*c->segments));
		if (!c->segments)
			return -1;
	}
	c->segments[c->nsegments++] =
		(struct segment){ph->p_vaddr, ph->p_vaddr + len, ph->p_offset};
	return 0;
}

static int by_low(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* The rights, and what no file was mapped to.  The first FILES mappings are
 * those of files, in order. */
static int add_mapping(struct core *c, const GElf_Phdr *ph, size_t files)
{
	struct alck_memory of_files = c->memory;
	uint64_t high = ph->p_vaddr + ph->p_memsz;
	struct alck_mapping *m;

	if (high <= ph->p_vaddr)
		return 0;
	of_files.nmappings = files;
	m = (struct alck_mapping *)alck_memory_mapping_at(&of_files,
							  ph->p_vaddr);
	if (!m)
		m = alck_memory_add(&c->memory, ph->p_vaddr, high, 0, "");
	if (!m)
		return -1;
	m->readable = (ph->p_flags & PF_R) != 0;
	m->writable = (ph->p_flags & PF_W) != 0;
	m->executable = (ph->p_flags & PF_X) != 0;
	return 0;
}

/* The program is the file in which the first instruction lies. */
static void find_exe(struct core *c)
{
	const struct alck_mapping *m = alck_memory_mapping_at(
		&c->memory, alck_memory_auxv(&c->memory, AT_ENTRY));

	if (m)
		snprintf(c->memory.exe, sizeof(c->memory.exe), "%s", m->path);
}

static const char *read_headers(struct core *c, Elf *elf)
{
	size_t n, files;
	GElf_Phdr ph;
	GElf_Ehdr eh;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
	    eh.e_type != ET_CORE)
		return "not a core";
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != EM_X86_64)
		return "a core of another machine";
	if (elf_getphdrnum(elf, &n) || n > 1u << 20)
		return "a damaged core: it has no usable program headers";
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_NOTE &&
		    read_notes(c, elf, &ph))
			return "out of memory";
	alck_memory_sort(&c->memory);
	files = c->memory.nmappings;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD &&
		    (add_segment(c, &ph, n) || add_mapping(c, &ph, files)))
			return "out of memory";
	if (!c->nsegments)
		return "a core without memory in it (cut off?)";
	qsort(c->segments, c->nsegments, sizeof(*c->segments), by_low);
	alck_memory_sort(&c->memory);
	find_exe(c);
	return NULL;
}

struct alck_memory *alck_memory_of_core(const char *path,
					const struct alck_core_places *places,
					char *why, size_t size)
{
	struct core *c = calloc(1, sizeof(*c));
	const char *wrong = NULL;
	Elf *elf = NULL;
	struct stat st;

	if (!c) {
		snprintf(why, size, "%s: out of memory", path);
		return NULL;
	}
	c->memory.ops = &ops;
	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (c->fd < 0 || fstat(c->fd, &st)) {
		wrong = strerror(errno);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		wrong = "not a regular file";
		goto fail;
	}
	c->size = (uint64_t)st.st_size;
	c->memory.written = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
			    (uint64_t)st.st_mtim.tv_nsec;
	elf_version(EV_CURRENT);
	elf = elf_begin(c->fd, ELF_C_READ_MMAP, NULL);
	wrong = elf ? read_headers(c, elf) : elf_errmsg(-1);
	elf_end(elf);
	if (!wrong) {
		c->files = alck_core_files_new(&c->memory, read_segments,
					       places, st.st_mtim);
		if (c->files)
			return &c->memory;
		wrong = "out of memory";
	}
fail:
	snprintf(why, size, "%s: %s", path, wrong);
	alck_memory_close(&c->memory);
	return NULL;
}
