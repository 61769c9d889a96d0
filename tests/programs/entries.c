/* SPDX-License-Identifier: MIT */
/*
 * Reads the dynamic symbols of an allocator's file and finds the rows of its
 * family among them.  The file is read, not the image in memory: what is
 * there belongs to whoever runs us.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "entries.h"

static const char *map_file(const char *file)
{
	struct stat st;
	void *bytes;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die("%s: cannot be opened", file);
	bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	must(bytes != MAP_FAILED);
	close(fd);
	return bytes;
}

static const ElfW(Shdr) * dynamic_symbols(const char *bytes)
{
	const ElfW(Ehdr) *e = (const void *)bytes;
	const ElfW(Shdr) *s = (const void *)(bytes + e->e_shoff);
	int i;

	for (i = 0; i < e->e_shnum; i++)
		if (s[i].sh_type == SHT_DYNSYM)
			return &s[i];
	die("no dynamic symbols");
}

/* The value of the function NAME that the file defines, or 0. */
static unsigned long defined(const char *bytes, const char *name)
{
	const ElfW(Ehdr) *e = (const void *)bytes;
	const ElfW(Shdr) *sections = (const void *)(bytes + e->e_shoff);
	const ElfW(Shdr) *symbols = dynamic_symbols(bytes);
	const ElfW(Sym) *s = (const void *)(bytes + symbols->sh_offset);
	const char *names = bytes + sections[symbols->sh_link].sh_offset;
	size_t i, n = symbols->sh_size / sizeof(*s);

	for (i = 0; i < n; i++)
		if (s[i].st_shndx != SHN_UNDEF && s[i].st_value &&
		    !strcmp(names + s[i].st_name, name))
			return s[i].st_value;
	return 0;
}

static void add(struct library *library, const char *bytes, const char *prefix,
		const struct alck_row *row)
{
	struct entry *e = &library->entries[library->nentries];

	must(library->nentries < MAX_ENTRIES);
	snprintf(e->name, sizeof(e->name), "%s%s", prefix, row->name);
	e->value = defined(bytes, e->name);
	if (!e->value)
		return;
	e->row = row;
	/* A version that is not the default one hides from dlsym. */
	e->function = dlsym(library->handle, e->name);
	if (!e->function)
		e->function = dlvsym(library->handle, e->name, "GLIBC_2.2.5");
	if (!e->function)
		e->function = dlvsym(library->handle, e->name, "GLIBC_2.16");
	if (!e->function)
		die("%s: %s", e->name, dlerror());
	library->nentries++;
}

void entries_load(struct library *library, const char *family, const char *file)
{
	const struct alck_row_set *set;
	const struct alck_row *row;
	const char *const *prefix;
	const char *bytes = map_file(file);
	int flags = RTLD_NOW | RTLD_LOCAL;

	library->family = alck_family_find(family);
	if (!library->family)
		die("no family is called %s", family);
	/* jemalloc's operator delete calls free by name, and means its own;
	 * mimalloc's mi_realpath calls realpath and free by name, and means
	 * libc's. */
	if (!strcmp(family, "jemalloc"))
		flags |= RTLD_DEEPBIND;
	library->handle = dlopen(file, flags);
	if (!library->handle)
		die("%s", dlerror());
	library->nentries = 0;
	for (set = library->family->sets; set->rows; set++)
		for (prefix = set->prefixes; *prefix; prefix++)
			for (row = set->rows; row->name; row++)
				add(library, bytes, *prefix, row);
	must(library->nentries > 0);
}

void entries_aliases(const struct library *library, const struct entry *entry,
		     char *buf, size_t size)
{
	size_t used = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < library->nentries; i++)
		if (library->entries[i].value == entry->value)
			used += snprintf(buf + used, size - used, "%s%s",
					 used ? "," : "",
					 library->entries[i].name);
	must(used < size);
}
