/* SPDX-License-Identifier: MIT */
/* Allocators that are linked in and not exported: see private-copies.h.
 * Offline; the file is hostile input, which libelf reads. */
#include <config.h>

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/private-copies.h"

/* Is ELF the file that O was loaded from?  It may be another one by now. */
static int is_the_one(const struct alck_object *o, Elf *elf)
{
	size_t n, at = 0, next, name, desc;
	GElf_Phdr ph;
	GElf_Nhdr note;

	if (!o->image.build_id_len || elf_getphdrnum(elf, &n))
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

/* Which names of names.h the functions of O's symbol table have; to be freed.
 * NULL where there is no symbol table. */
static char *read_names(const struct alck_scene *scene,
			const struct alck_object *o)
{
	int fd = open(o->image.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf *elf = NULL;
	Elf_Scn *section = NULL;
	char *met = NULL;

	elf_version(EV_CURRENT);
	if (fd >= 0)
		elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && scene->is_live && !is_the_one(o, elf)) {
		elf_end(elf);
		elf = NULL;
	}
	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		GElf_Sym symbol;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) ||
		    header.sh_type != SHT_SYMTAB || !header.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		if (!met)
			met = calloc(alck_names_count() + 1, 1);
		for (size_t i = 0;
		     data && met && i < header.sh_size / header.sh_entsize;
		     i++) {
			const char *text;
			int name;

			if (!gelf_getsym(data, (int)i, &symbol) ||
			    GELF_ST_TYPE(symbol.st_info) != STT_FUNC ||
			    symbol.st_shndx == SHN_UNDEF)
				continue;
			text = elf_strptr(elf, header.sh_link, symbol.st_name);
			name = text ? alck_name_find(text) : -1;
			if (name >= 0)
				met[name] = 1;
		}
	}
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	return met;
}

/* Has the table the marks of F under PREFIX? */
static int is_there(const char *met, const struct alck_family *f,
		    const char *prefix)
{
	char text[128];
	int n = 0;

	for (const char *const *mark = f->marks; *mark; mark++) {
		int name;

		snprintf(text, sizeof(text), "%s%s", prefix, *mark);
		name = alck_name_find(text);
		n += name >= 0 && met[name];
	}
	return n >= 2;
}

static void found(struct alck_scene *scene, const struct alck_object *o,
		  const struct alck_family *f, const char *prefix)
{
	struct alck_scan_finding finding = {
		.object = o,
		.code = ALCK_T3,
		.severity = scene->is_static ? ALCK_SEVERITY_INFO
					     : ALCK_SEVERITY_LATENT,
		.fix = "let no block of it pass to another object's free"};

	finding.text = alck_arena_printf(
		&scene->arena, "%s has %s linked into it%s%s%s",
		alck_object_name(o), f->title,
		*prefix ? ", under the prefix " : "", prefix,
		scene->is_static ? "" : ", and does not export it");
	if (scene->is_static)
		finding.fix = NULL;
	if (finding.text)
		alck_scene_find(scene, &finding);
}

static void look_at(struct alck_scene *scene, const struct alck_object *o)
{
	char *met = read_names(scene, o);

	if (!met && scene->is_static) {
		struct alck_scan_finding f = {
			.object = o,
			.code = ALCK_NO_FINDING,
			.severity = ALCK_SEVERITY_INFO,
			.text = "it is statically linked and has no symbol "
				"table: which allocators are in it cannot be "
				"told"};

		alck_scene_find(scene, &f);
	}
	for (unsigned int i = 0; met && i < alck_nfamilies; i++) {
		const struct alck_family *f = &alck_families[i];

		if (f == o->family ||
		    (f->flags & (ALCK_FORWARDER | ALCK_LOADER)))
			continue;
		for (const char *const *prefix = f->prefixes; *prefix; prefix++)
			if (is_there(met, f, *prefix)) {
				found(scene, o, f, *prefix);
				break;
			}
	}
	free(met);
}

void alck_private_copies(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++)
		look_at(scene, scene->objects[i]);
}
