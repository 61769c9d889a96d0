/* SPDX-License-Identifier: MIT */
/* One ELF object as the dynamic linker sees it: see image.h.  Offline. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/image-internal.h"
#include "inspect/memory.h"
#include "inspect/names.h"

/* More than any linker makes; what is beyond is damaged. */
#define PHDRS_MAX 512
#define NOTE_GO	  4 /* of Go's linker: its own build ID */

static int read_file(const struct alck_image *image, uint64_t address,
		     void *buf, size_t len)
{
	for (size_t i = 0; i < image->nphdr; i++) {
		const Elf64_Phdr *ph = &image->phdr[i];

		if (ph->p_type != PT_LOAD || address < ph->p_vaddr ||
		    address - ph->p_vaddr > ph->p_filesz ||
		    len > ph->p_filesz - (address - ph->p_vaddr))
			continue;
		return pread(image->fd, buf, len,
			     (off_t)(ph->p_offset + address - ph->p_vaddr)) ==
				       (ssize_t)len
			       ? 0
			       : -1;
	}
	return -1;
}

int alck_image_read(const struct alck_image *image, uint64_t address, void *buf,
		    size_t len)
{
	if (image->memory)
		return alck_memory_read(image->memory, image->bias + address,
					buf, len);
	return read_file(image, address, buf, len);
}

const char *alck_image_name(const struct alck_image *image)
{
	const char *slash = strrchr(image->path, '/');

	return slash ? slash + 1 : image->path;
}

static const char *keep(struct alck_image *image, const char *text)
{
	return alck_arena_text(image->arena, text, strlen(text));
}

/* ------------------------------------------------------- program headers */

static const char *check_header(const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return "not an ELF file";
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != EM_X86_64)
		return "built for another machine";
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return "neither a program nor a shared object";
	if (!eh->e_phnum || eh->e_phnum > PHDRS_MAX ||
	    eh->e_phentsize != sizeof(Elf64_Phdr))
		return "without usable program headers";
	return NULL;
}

static void read_notes(struct alck_image *image, const Elf64_Phdr *ph)
{
	char buf[4096];
	size_t len = ph->p_filesz < sizeof(buf) ? ph->p_filesz : sizeof(buf);

	if (alck_image_read(image, ph->p_vaddr, buf, len))
		return;
	for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= len;) {
		Elf64_Nhdr note;
		size_t name, desc;

		memcpy(&note, buf + at, sizeof(note));
		name = at + sizeof(note);
		if (note.n_namesz > len || note.n_descsz > len)
			return;
		desc = name + ((note.n_namesz + 3) & ~3u);
		at = desc + ((note.n_descsz + 3) & ~3u);
		if (at > len)
			return;
		if (note.n_namesz != 4)
			continue;
		if (note.n_type == NOTE_GO && !memcmp(buf + name, "Go", 3))
			image->is_go = 1;
		if (note.n_type == NT_GNU_BUILD_ID && !image->build_id &&
		    !memcmp(buf + name, "GNU", 4) && note.n_descsz <= 64) {
			image->build_id = (const uint8_t *)alck_arena_text(
				image->arena, buf + desc, note.n_descsz);
			image->build_id_len = note.n_descsz;
		}
	}
}

static void use_headers(struct alck_image *image)
{
	char text[4096];

	image->low = UINT64_MAX;
	for (size_t i = 0; i < image->nphdr; i++) {
		const Elf64_Phdr *ph = &image->phdr[i];

		if (ph->p_type == PT_LOAD) {
			if (ph->p_vaddr < image->low)
				image->low = ph->p_vaddr;
			if (ph->p_vaddr + ph->p_memsz > image->high)
				image->high = ph->p_vaddr + ph->p_memsz;
		} else if (ph->p_type == PT_NOTE) {
			read_notes(image, ph);
		} else if (ph->p_type == PT_INTERP && ph->p_filesz > 1 &&
			   ph->p_filesz <= sizeof(text) &&
			   !alck_image_read(image, ph->p_vaddr, text,
					    ph->p_filesz)) {
			text[ph->p_filesz - 1] = 0;
			image->interpreter = keep(image, text);
		}
	}
	if (image->low > image->high)
		image->low = image->high;
}

const char *alck_image_of_file(struct alck_image *image,
			       struct alck_arena *arena, const char *path)
{
	Elf64_Phdr *phdr;
	const char *why;
	struct stat st;
	Elf64_Ehdr eh;
	size_t len;

	*image = (struct alck_image){.arena = arena, .path = "", .fd = -1};
	image->path = keep(image, path);
	/* Not to wait for a writer, should it be a pipe. */
	image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (image->fd < 0 || !image->path)
		return "cannot be opened";
	if (fstat(image->fd, &st) || !S_ISREG(st.st_mode))
		return "not a file";
	if (pread(image->fd, &eh, sizeof(eh), 0) != sizeof(eh))
		return "not an ELF file";
	why = check_header(&eh);
	if (why)
		return why;
	len = eh.e_phnum * sizeof(*phdr);
	phdr = alck_arena_alloc(arena, len);
	if (!phdr ||
	    pread(image->fd, phdr, len, (off_t)eh.e_phoff) != (ssize_t)len)
		return "cut off in its program headers";
	image->phdr = phdr;
	image->nphdr = eh.e_phnum;
	image->type = eh.e_type;
	use_headers(image);
	return alck_image_read_dynamic(image);
}

const char *alck_image_of_memory(struct alck_image *image,
				 struct alck_arena *arena,
				 struct alck_memory *memory, uint64_t base,
				 const char *path)
{
	Elf64_Phdr *phdr;
	const char *why;
	Elf64_Ehdr eh;
	size_t len;

	*image = (struct alck_image){
		.arena = arena, .path = "", .fd = -1, .memory = memory};
	image->path = keep(image, path);
	if (alck_memory_read(memory, base, &eh, sizeof(eh)) || !image->path)
		return "its header cannot be read";
	why = check_header(&eh);
	if (why)
		return why;
	len = eh.e_phnum * sizeof(*phdr);
	phdr = alck_arena_alloc(arena, len);
	if (!phdr || alck_memory_read(memory, base + eh.e_phoff, phdr, len))
		return "its program headers cannot be read";
	image->phdr = phdr;
	image->nphdr = eh.e_phnum;
	image->type = eh.e_type;
	/* BASE is where offset 0 of the file is. */
	image->bias = base;
	for (size_t i = 0; i < image->nphdr; i++)
		if (phdr[i].p_type == PT_LOAD) {
			image->bias =
				base - (phdr[i].p_vaddr - phdr[i].p_offset);
			break;
		}
	use_headers(image);
	return alck_image_read_dynamic(image);
}

void alck_image_close(struct alck_image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
}

/* ----------------------------------------------------------- looking up */

const struct alck_image_symbol *
alck_image_defines(const struct alck_image *image, int name)
{
	const struct alck_image_symbol *found = NULL;

	for (size_t i = 0; i < image->nsymbols; i++) {
		const struct alck_image_symbol *s = &image->symbols[i];

		if (s->name != name || !s->defined)
			continue;
		if (!s->hidden)
			return s;
		found = s;
	}
	return found;
}

const struct alck_image_symbol *
alck_image_imports(const struct alck_image *image, int name)
{
	for (size_t i = 0; i < image->nsymbols; i++)
		if (image->symbols[i].name == name &&
		    !image->symbols[i].defined)
			return &image->symbols[i];
	return NULL;
}

/* As do_lookup_x of glibc's elf/dl-lookup.c decides it. */
const struct alck_image_symbol *
alck_image_lookup(const struct alck_image *image, int name, const char *version)
{
	const struct alck_image_symbol *newer = NULL;
	int nnewer = 0;

	for (size_t i = 0; i < image->nsymbols; i++) {
		const struct alck_image_symbol *s = &image->symbols[i];

		if (s->name != name || !s->defined)
			continue;
		if (!image->nversions)
			return s;
		if (version) {
			if (s->version ? !strcmp(s->version, version)
				       : !s->hidden)
				return s;
			continue;
		}
		/* To a reference without a version: the oldest, which is
		 * number 2, or else the only one. */
		if (!s->version ||
		    (image->nversions > 2 && s->version == image->versions[2]))
			return s;
		if (!s->hidden && !nnewer++)
			newer = s;
	}
	return nnewer == 1 ? newer : NULL;
}
