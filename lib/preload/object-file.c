/* SPDX-License-Identifier: MIT */
/* A library's file that is not loaded: see object-file.h. */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "preload/arch.h"
#include "preload/object-file.h"
#include "preload/sys.h"
#include "preload/text.h"

struct bytes {
	const char *at;
	uint64_t size;
	const ElfW(Phdr) * phdr;
	unsigned int nphdr;
};

/* LEN bytes at OFFSET of the file, or NULL. */
static const void *part(const struct bytes *b, uint64_t offset, uint64_t len)
{
	if (offset > b->size || b->size - offset < len)
		return NULL;
	return b->at + offset;
}

static int read_header(struct bytes *b)
{
	const ElfW(Ehdr) *e = part(b, 0, sizeof(*e));

	if (!e || !alck_text_begins((const char *)e->e_ident, ELFMAG) ||
	    e->e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->e_machine != ALCK_ELF_MACHINE || e->e_type != ET_DYN ||
	    e->e_phoff % 8)
		return -1;
	b->nphdr = e->e_phnum;
	b->phdr = part(b, e->e_phoff, e->e_phnum * sizeof(*b->phdr));
	return b->phdr ? 0 : -1;
}

/* Where address ADDR stands in the file; its size where it does not. */
static uint64_t offset_of(const struct bytes *b, uint64_t addr)
{
	for (unsigned int i = 0; i < b->nphdr; i++) {
		const ElfW(Phdr) *p = &b->phdr[i];

		if (p->p_type == PT_LOAD && addr >= p->p_vaddr &&
		    addr - p->p_vaddr < p->p_filesz)
			return p->p_offset + (addr - p->p_vaddr);
	}
	return b->size;
}

static void read_soname(const struct bytes *b, const ElfW(Phdr) * p,
			struct alck_object_file *f)
{
	const ElfW(Dyn) *d =
		p->p_offset % 8 ? NULL : part(b, p->p_offset, p->p_filesz);
	uint64_t name = UINT64_MAX, texts = UINT64_MAX, at;
	uint64_t n = p->p_filesz / sizeof(*d);

	for (uint64_t i = 0; d && i < n && d[i].d_tag != DT_NULL; i++) {
		if (d[i].d_tag == DT_SONAME)
			name = d[i].d_un.d_val;
		else if (d[i].d_tag == DT_STRTAB)
			texts = d[i].d_un.d_ptr;
	}
	if (name == UINT64_MAX || texts == UINT64_MAX)
		return;
	at = offset_of(b, texts) + name;
	for (uint32_t i = 0; at + i < b->size && at + i >= name; i++) {
		if (i == sizeof(f->soname))
			break;
		f->soname[i] = b->at[at + i];
		if (!f->soname[i])
			return;
	}
	f->soname[0] = 0;
}

static void read_notes(const struct bytes *b, const ElfW(Phdr) * p,
		       struct alck_object_file *f)
{
	uint64_t at = p->p_offset, align = p->p_align == 8 ? 8 : 4;

	while (!f->build_id_len && at >= p->p_offset &&
	       at - p->p_offset < p->p_filesz && at % 4 == 0) {
		const ElfW(Nhdr) *n = part(b, at, sizeof(*n));
		const unsigned char *id;
		uint64_t content;

		if (!n)
			return;
		content = (at + sizeof(*n) + n->n_namesz + align - 1) & -align;
		id = part(b, content, n->n_descsz);
		if (!id)
			return;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 &&
		    alck_text_equal((const char *)(n + 1), "GNU"))
			for (; f->build_id_len < n->n_descsz &&
			       f->build_id_len < sizeof(f->build_id);
			     f->build_id_len++)
				f->build_id[f->build_id_len] =
					id[f->build_id_len];
		at = (content + n->n_descsz + align - 1) & -align;
	}
}

static int read_bytes(struct bytes *b, struct alck_object_file *f)
{
	if (read_header(b))
		return -1;
	for (unsigned int i = 0; i < b->nphdr; i++) {
		if (b->phdr[i].p_type == PT_DYNAMIC)
			read_soname(b, &b->phdr[i], f);
		else if (b->phdr[i].p_type == PT_NOTE)
			read_notes(b, &b->phdr[i], f);
	}
	return 0;
}

static void keep_stat(const struct stat *st, struct alck_object_file *f)
{
	*f = (struct alck_object_file){.device = st->st_dev,
				       .inode = st->st_ino,
				       .size = (uint64_t)st->st_size};
}

int alck_object_file_stat(const char *path, struct alck_object_file *f)
{
	struct stat st;

	if (alck_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0,
			 0))
		return -1;
	keep_stat(&st, f);
	return 0;
}

int alck_object_file_read(const char *path, struct alck_object_file *f)
{
	/* A pipe of that name would not let us go. */
	int fd = alck_sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0), r;
	struct stat st;
	struct bytes b;
	long map;

	if (fd < 0)
		return -1;
	if (alck_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) ||
	    !S_ISREG(st.st_mode) || !st.st_size) {
		alck_sys_close(fd);
		return -1;
	}
	map = alck_syscall(SYS_mmap, 0, st.st_size, PROT_READ, MAP_PRIVATE, fd,
			   0);
	alck_sys_close(fd);
	if (alck_sys_failed(map))
		return -1;
	keep_stat(&st, f);
	b = (struct bytes){(const char *)map, f->size, NULL, 0};
	r = read_bytes(&b, f);
	alck_sys_munmap((void *)map, f->size);
	return r;
}
