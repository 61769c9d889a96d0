/* SPDX-License-Identifier: MIT */
/* Symbols and texts in files: see file-symbols.h.  Offline. */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "inspect/file-symbols.h"
#include "inspect/memory.h"

/* Without a build ID: is the page with the headers as it is in memory? */
static int has_its_first_page(const struct alck_object *o, Elf *elf)
{
	unsigned char page[4096];
	size_t size;
	const char *bytes = elf_rawfile(elf, &size);

	return bytes && size >= sizeof(page) &&
	       !alck_image_read(&o->image, o->image.low & ~4095ull, page,
				sizeof(page)) &&
	       !memcmp(bytes, page, sizeof(page));
}

/* Is ELF the file that O was loaded from?  It may be another one by now. */
static int is_the_one(const struct alck_object *o, Elf *elf)
{
	size_t n, at = 0, next, name, desc;
	GElf_Phdr ph;
	GElf_Nhdr note;

	if (!o->image.build_id_len)
		return has_its_first_page(o, elf);
	if (elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++, at = 0) {
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)ph.p_offset,
					    ph.p_filesz, ELF_T_NHDR);
		while (data &&
		       (next = gelf_getnote(data, at, &note, &name, &desc))) {
			at = next;
			if (note.n_type == NT_GNU_BUILD_ID &&
			    note.n_descsz == o->image.build_id_len &&
			    !memcmp((char *)data->d_buf + desc,
				    o->image.build_id, note.n_descsz))
				return 1;
		}
	}
	return 0;
}

static int each_symbol(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
		       void (*visit)(const char *name, const GElf_Sym *symbol,
				     void *data),
		       void *data)
{
	Elf_Data *bytes = elf_getdata(section, NULL);
	size_t n = bytes ? header->sh_size / header->sh_entsize : 0;
	GElf_Sym symbol;
	const char *name;

	for (size_t i = 0; i < n; i++) {
		if (!gelf_getsym(bytes, (int)i, &symbol))
			continue;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name)
			visit(name, &symbol, data);
	}
	return bytes != NULL;
}

int alck_file_open(const struct alck_scene *scene, const struct alck_object *o)
{
	int fd, is_its;
	Elf *elf;

	elf_version(EV_CURRENT);
	if (!scene->is_live)
		return open(o->image.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	fd = alck_memory_open(scene->memory, o->image.path);
	if (fd < 0)
		return -1;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	is_its = elf && is_the_one(o, elf);
	if (elf)
		elf_end(elf);
	if (is_its)
		return fd;
	close(fd);
	return -1;
}

/* O's file, for close_file; or NULL. */
static Elf *open_file(const struct alck_scene *scene,
		      const struct alck_object *o, int *fd)
{
	*fd = alck_file_open(scene, o);
	return *fd < 0 ? NULL : elf_begin(*fd, ELF_C_READ_MMAP, NULL);
}

static void close_file(Elf *elf, int fd)
{
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
}

static int each_table(Elf *elf, uint32_t type,
		      void (*visit)(const char *name, const GElf_Sym *symbol,
				    void *data),
		      void *data)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int tables = 0;

	while (elf && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == type &&
		    header.sh_entsize)
			tables +=
				each_symbol(elf, section, &header, visit, data);
	return tables;
}

int alck_file_symbols(const struct alck_scene *scene,
		      const struct alck_object *o, uint32_t type,
		      void (*visit)(const char *name, const GElf_Sym *symbol,
				    void *data),
		      void *data)
{
	int fd;
	Elf *elf = open_file(scene, o, &fd);
	int tables = each_table(elf, type, visit, data);

	close_file(elf, fd);
	return tables;
}

/* ------------------------------------------------------------------- texts */

static void note_import(const char *name, const GElf_Sym *symbol, void *data)
{
	if (symbol->st_shndx == SHN_UNDEF &&
	    (!strcmp(name, "mmap") || !strcmp(name, "mmap64") ||
	     !strcmp(name, "sbrk")))
		*(int *)data = 1;
}

static const struct alck_family *who_says(const char *bytes, size_t size)
{
	for (unsigned int i = 0; i < alck_nfamilies; i++) {
		const char *says = alck_families[i].says;

		if (says && memmem(bytes, size, says, strlen(says)))
			return &alck_families[i];
	}
	return NULL;
}

const struct alck_family *alck_file_says(const struct alck_scene *scene,
					 const struct alck_object *o)
{
	const struct alck_family *f = NULL;
	int fd, maps = 0;
	Elf *elf = open_file(scene, o, &fd);
	size_t size = 0, n = 0;
	const char *bytes = elf ? elf_rawfile(elf, &size) : NULL;
	GElf_Phdr ph;

	each_table(elf, SHT_DYNSYM, note_import, &maps);
	if (bytes && maps && elf_getphdrnum(elf, &n))
		n = 0;
	for (size_t i = 0; maps && !f && i < n; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD &&
		    !(ph.p_flags & PF_W) && ph.p_offset <= size &&
		    ph.p_filesz <= size - ph.p_offset)
			f = who_says(bytes + ph.p_offset, ph.p_filesz);
	close_file(elf, fd);
	return f;
}
