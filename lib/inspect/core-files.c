/* SPDX-License-Identifier: MIT */
/* The files of a core: see core-files.h.  Offline; core and files are hostile
 * input. */
#include "config.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/core-files.h"
#include "report/sysroot.h"

#define PAGE	      4096u
#define PHDRS_MAX     64 /* of a file that is known by its path */
#define DYNAMIC_MAX   256
#define CHUNK	      128  /* relocations at a time */
#define CONSTANTS_MAX 4096 /* relocated constants that are compared */
#define FILE_MAX      ((off_t)1 << 36)
#define DELETED	      " (deleted)"

struct alck_core_files {
	struct alck_memory *memory;
	size_t (*own)(struct alck_memory *memory, uint64_t addr, void *buf,
		      size_t len);
	struct alck_core_places places;
	struct timespec written;
	struct alck_memory_file *list; /* paths are the mappings' */
	int *fds;		       /* -1: not read */
	size_t n;
};

/* A file that is compared with what the core has of it. */
struct candidate {
	struct alck_core_files *files;
	const char *path;
	int fd;
	uint64_t size;
	Elf64_Ehdr eh;
	Elf64_Phdr ph[PHDRS_MAX];
	uint64_t bias;
	Elf64_Dyn dynamic[DYNAMIC_MAX];
	size_t ndynamic;
	unsigned int compared, different; /* words */
};

static uint64_t page_of(uint64_t addr)
{
	return addr & -(uint64_t)PAGE;
}

static uint64_t end_of(const Elf64_Phdr *ph)
{
	return page_of(ph->p_vaddr + ph->p_filesz + PAGE - 1);
}

static int is_own(const struct candidate *c, uint64_t addr, uint64_t *word)
{
	return c->files->own(c->files->memory, addr, word, sizeof(*word)) ==
	       sizeof(*word);
}

static const char *read_headers(struct candidate *c)
{
	size_t len;

	if (pread(c->fd, &c->eh, sizeof(c->eh), 0) != sizeof(c->eh) ||
	    memcmp(c->eh.e_ident, ELFMAG, SELFMAG) ||
	    c->eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    c->eh.e_machine != EM_X86_64 ||
	    c->eh.e_phentsize != sizeof(*c->ph) || !c->eh.e_phnum ||
	    c->eh.e_phnum > PHDRS_MAX)
		return "is no ELF file that could be compared";
	len = c->eh.e_phnum * sizeof(*c->ph);
	if (pread(c->fd, c->ph, len, (off_t)c->eh.e_phoff) != (ssize_t)len)
		return "is cut off";
	for (int i = 0; i < c->eh.e_phnum; i++)
		if (c->ph[i].p_filesz > c->size ||
		    c->ph[i].p_offset > c->size - c->ph[i].p_filesz)
			return "is cut off";
	return NULL;
}

/* ------------------------------------------------------- where it was mapped
 */

/* Was what lies at ADDR mapped from place OFFSET of the file?  What has been
 * put there instead, of no file, is passed over. */
static int fits(const struct candidate *c, uint64_t addr, uint64_t end,
		uint64_t offset, int is_last)
{
	uint64_t begin = addr;
	int met = 0;

	while (addr < end) {
		const struct alck_mapping *m =
			alck_memory_mapping_at(c->files->memory, addr);

		if (!m || !*m->path) {
			addr += PAGE;
			continue;
		}
		if (strcmp(m->path, c->path) ||
		    m->offset + (addr - m->low) != offset + (addr - begin))
			return 0;
		met = 1;
		addr = m->high;
	}
	/* And no more of it behind the last. */
	return met && (!is_last || addr == end);
}

static int is_laid_out(struct candidate *c, uint64_t base)
{
	const Elf64_Phdr *first = NULL, *last = NULL;

	for (int i = 0; i < c->eh.e_phnum; i++)
		if (c->ph[i].p_type == PT_LOAD && c->ph[i].p_filesz) {
			first = first ? first : &c->ph[i];
			last = &c->ph[i];
		}
	if (!first)
		return 0;
	c->bias = base - (first->p_vaddr - first->p_offset);
	for (const Elf64_Phdr *ph = first; ph <= last; ph++)
		if (ph->p_type == PT_LOAD && ph->p_filesz &&
		    ((ph->p_vaddr - ph->p_offset) % PAGE ||
		     end_of(ph) < ph->p_vaddr ||
		     !fits(c, c->bias + page_of(ph->p_vaddr),
			   c->bias + end_of(ph), page_of(ph->p_offset),
			   ph == last)))
			return 0;
	return 1;
}

/* The place in the file of what belongs at VADDR, -1 without. */
static off_t place_of(const struct candidate *c, uint64_t vaddr)
{
	for (int i = 0; i < c->eh.e_phnum; i++)
		if (c->ph[i].p_type == PT_LOAD &&
		    vaddr - c->ph[i].p_vaddr < c->ph[i].p_filesz)
			return (off_t)(c->ph[i].p_offset + vaddr -
				       c->ph[i].p_vaddr);
	return -1;
}

/* What is written when it is relocated is never as in the file. */
static void mark_changed(struct candidate *c)
{
	for (int i = 0; i < c->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &c->ph[i];
		uint64_t at = c->bias + page_of(ph->p_vaddr);

		while (ph->p_type == PT_LOAD && ph->p_flags & PF_W &&
		       at < c->bias + end_of(ph)) {
			struct alck_mapping *m =
				(struct alck_mapping *)alck_memory_mapping_at(
					c->files->memory, at);

			if (m)
				m->changed = 1;
			at = m ? m->high : at + PAGE;
		}
	}
}

/* ---------------------------------------------------- what the core has of it
 */

/* ld.so adds the bias to addresses, and writes one entry. */
static const char *compare_dynamic(struct candidate *c)
{
	const Elf64_Phdr *ph = NULL;
	size_t len;

	for (int i = 0; i < c->eh.e_phnum; i++)
		if (c->ph[i].p_type == PT_DYNAMIC)
			ph = &c->ph[i];
	if (!ph)
		return NULL;
	len = ph->p_filesz < sizeof(c->dynamic) ? ph->p_filesz
						: sizeof(c->dynamic);
	if (pread(c->fd, c->dynamic, len, (off_t)ph->p_offset) != (ssize_t)len)
		return "is cut off";
	for (size_t i = 0; i < len / sizeof(Elf64_Dyn); i++) {
		uint64_t at = c->bias + ph->p_vaddr + i * sizeof(Elf64_Dyn);
		uint64_t value = c->dynamic[i].d_un.d_val, tag, its;

		if (!c->dynamic[i].d_tag)
			break;
		c->ndynamic = i + 1;
		if (!is_own(c, at, &tag) || !is_own(c, at + 8, &its))
			continue;
		if (tag != (uint64_t)c->dynamic[i].d_tag ||
		    (tag != DT_DEBUG && its != value && its != value + c->bias))
			return "has another dynamic section than the one that "
			       "was mapped";
		c->compared++;
	}
	return NULL;
}

static uint64_t dynamic_value(const struct candidate *c, int64_t tag)
{
	for (size_t i = 0; i < c->ndynamic; i++)
		if (c->dynamic[i].d_tag == tag)
			return c->dynamic[i].d_un.d_val;
	return 0;
}

static int is_constant(const struct candidate *c, uint64_t addr)
{
	for (int i = 0; i < c->eh.e_phnum; i++)
		if (c->ph[i].p_type == PT_GNU_RELRO &&
		    addr - c->ph[i].p_vaddr < c->ph[i].p_memsz)
			return 1;
	return 0;
}

static void compare_constant(struct candidate *c, const Elf64_Rela *rela)
{
	uint64_t word;

	if (ELF64_R_TYPE(rela->r_info) != R_X86_64_RELATIVE ||
	    !is_constant(c, rela->r_offset) ||
	    !is_own(c, c->bias + rela->r_offset, &word))
		return;
	c->compared++;
	c->different += word != c->bias + (uint64_t)rela->r_addend;
}

/* Addresses in data that nobody changes after ld.so: where one thing of the
 * file has another size, those of all behind it are others. */
static const char *compare_constants(struct candidate *c)
{
	off_t at = place_of(c, dynamic_value(c, DT_RELA));
	uint64_t left = dynamic_value(c, DT_RELASZ) / sizeof(Elf64_Rela);
	Elf64_Rela rela[CHUNK];
	unsigned int before = c->compared;

	while (at >= 0 && left && c->compared - before < CONSTANTS_MAX) {
		size_t n = left < CHUNK ? (size_t)left : CHUNK;
		ssize_t got = pread(c->fd, rela, n * sizeof(*rela), at);

		if (got != (ssize_t)(n * sizeof(*rela)))
			break;
		for (size_t i = 0; i < n; i++)
			compare_constant(c, &rela[i]);
		left -= n;
		at += got;
	}
	/* A tool that takes allocators' functions over may have changed a
	 * few (alloccheck does). */
	if (c->different > 2 && 8 * c->different > c->compared - before)
		return "has other constants than the one that was mapped";
	return NULL;
}

/* ------------------------------------------------------------------ judging */

/* The first page, if the core has it: 1 the same, 0 another, -1 it has not. */
static int compare_first_page(struct candidate *c, uint64_t base)
{
	unsigned char theirs[PAGE], ours[PAGE];
	ssize_t n = pread(c->fd, ours, sizeof(ours), 0);

	if (n <= 0 || c->files->own(c->files->memory, base, theirs,
				    (size_t)n) != (size_t)n)
		return -1;
	return !memcmp(theirs, ours, (size_t)n);
}

static int is_newer(const struct candidate *c, const struct stat *st)
{
	const struct timespec *then = &c->files->written;

	return st->st_mtim.tv_sec > then->tv_sec ||
	       (st->st_mtim.tv_sec == then->tv_sec &&
		st->st_mtim.tv_nsec > then->tv_nsec);
}

/* Sets F's state by comparing the file in C with what the core has of it; NAMED
 * by the user it may be as old as it likes. */
static void judge(struct candidate *c, struct alck_memory_file *f, int named)
{
	const struct alck_mapping *m = c->files->memory->mappings;
	size_t left = c->files->memory->nmappings;
	int same = -1, fitted = 0;
	struct stat st;

	f->state = ALCK_FILE_OTHER;
	f->why = fstat(c->fd, &st) ? "cannot be read" : NULL;
	c->size = f->why || st.st_size > FILE_MAX ? 0 : (uint64_t)st.st_size;
	for (size_t i = 0; i < left && same < 0; i++)
		if (!m[i].offset && !strcmp(m[i].path, c->path))
			same = compare_first_page(c, m[i].low);
	if (!same)
		f->why = "has another first page than the one that was mapped";
	if (!f->why)
		f->why = read_headers(c);
	for (size_t i = 0; i < left && !f->why; i++) {
		if (m[i].offset || strcmp(m[i].path, c->path) ||
		    !is_laid_out(c, m[i].low))
			continue;
		mark_changed(c);
		if (same < 0)
			f->why = compare_dynamic(c);
		if (same < 0 && !f->why)
			f->why = compare_constants(c);
		fitted = 1;
	}
	/* Of what is no object the first page is the proof. */
	if (same == 1) {
		f->state = ALCK_FILE_SAME;
		f->why = NULL;
		return;
	}
	if (!f->why && !fitted)
		f->why = "has other segments than the one that was mapped";
	if (!f->why && !c->compared)
		f->why = "cannot be compared: the core has nothing of it";
	if (!f->why && !named && is_newer(c, &st))
		f->why = "was changed after the core was written";
	if (!f->why)
		f->state = ALCK_FILE_LIKE;
}

/* Opens the file that stands for PATH today; *NAMED: by the user. */
static int open_file(const struct alck_core_files *files, const char *path,
		     int *named)
{
	size_t len = strlen(path), tail = strlen(DELETED);
	char *there = strdup(path);
	int fd = -1;

	*named = 1;
	if (!there)
		return -1;
	if (len > tail && !strcmp(path + len - tail, DELETED))
		there[len - tail] = 0;
	if (files->places.exe && !strcmp(path, files->memory->exe))
		fd = alck_sysroot_open(NULL, files->places.exe);
	else if (files->places.sysroot)
		fd = alck_sysroot_open(files->places.sysroot, there);
	if (fd < 0 &&
	    !(files->places.exe && !strcmp(path, files->memory->exe))) {
		*named = 0;
		fd = alck_sysroot_open(NULL, there);
	}
	free(there);
	return fd;
}

static int look_at(struct alck_core_files *files, struct alck_memory_file *f)
{
	struct candidate *c = calloc(1, sizeof(*c));
	int named;

	f->state = ALCK_FILE_MISSING;
	f->why = "is not there";
	if (!c)
		return -1;
	c->files = files;
	c->path = f->path;
	c->fd = open_file(files, f->path, &named);
	if (c->fd >= 0)
		judge(c, f, named);
	if (c->fd >= 0 && f->state >= ALCK_FILE_OTHER) {
		close(c->fd);
		c->fd = -1;
	}
	named = c->fd;
	free(c);
	return named;
}

int alck_core_files_find(struct alck_core_files *files, const char *path)
{
	struct alck_memory_file *list;
	int *fds;

	for (size_t i = 0; i < files->n; i++)
		if (!strcmp(files->list[i].path, path))
			return files->fds[i];
	list = reallocarray(files->list, files->n + 1, sizeof(*list));
	if (list)
		files->list = list;
	fds = reallocarray(files->fds, files->n + 1, sizeof(*fds));
	if (fds)
		files->fds = fds;
	if (!list || !fds)
		return -1;
	list[files->n].path = path;
	fds[files->n] = look_at(files, &list[files->n]);
	return fds[files->n++];
}

size_t alck_core_files_list(const struct alck_core_files *files,
			    const struct alck_memory_file **list)
{
	*list = files->list;
	return files->n;
}

struct alck_core_files *
alck_core_files_new(struct alck_memory *memory,
		    size_t (*own)(struct alck_memory *memory, uint64_t addr,
				  void *buf, size_t len),
		    const struct alck_core_places *places,
		    struct timespec written)
{
	struct alck_core_files *files = calloc(1, sizeof(*files));

	if (!files)
		return NULL;
	files->memory = memory;
	files->own = own;
	if (places)
		files->places = *places;
	files->written = written;
	return files;
}

void alck_core_files_free(struct alck_core_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->n; i++)
		if (files->fds[i] >= 0)
			close(files->fds[i]);
	free(files->fds);
	free(files->list);
	free(files);
}
