/* SPDX-License-Identifier: MIT */
/* Objects as libdwfl's modules: see stack-modules.h.  Offline. */
#include <config.h>

#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/file-symbols.h"
#include "inspect/memory.h"
#include "inspect/stack-modules.h"

#define PAGE	  4096u
#define IMAGE_MAX (256ul << 20)
#define VDSO_MAX  (64u << 10)

/* What a module is asked for by. */
struct asked {
	struct alck_scene *scene;
	const struct alck_object *object; /* NULL: the vDSO */
};

/* A file of which nothing is left but what is mapped of it: its segments. */
static Elf *elf_of_segments(struct alck_scene *scene,
			    const struct alck_image *image)
{
	uint64_t size = 0, here;
	Elf64_Ehdr *eh;
	char *bytes;

	for (size_t i = 0; i < image->nphdr; i++) {
		const Elf64_Phdr *ph = &image->phdr[i];

		if (ph->p_type == PT_LOAD && ph->p_filesz < IMAGE_MAX &&
		    ph->p_offset < IMAGE_MAX &&
		    ph->p_offset + ph->p_filesz > size)
			size = ph->p_offset + ph->p_filesz;
	}
	bytes = size > sizeof(*eh) && size <= IMAGE_MAX
			? alck_arena_alloc(&scene->arena, size)
			: NULL;
	if (!bytes)
		return NULL;
	for (size_t i = 0; i < image->nphdr; i++) {
		const Elf64_Phdr *ph = &image->phdr[i];

		if (ph->p_type == PT_LOAD && ph->p_offset < size &&
		    ph->p_filesz <= size - ph->p_offset)
			alck_memory_read_some(
				image->memory, image->bias + ph->p_vaddr,
				bytes + ph->p_offset, ph->p_filesz);
	}
	eh = (Elf64_Ehdr *)bytes;
	here = eh->e_shoff + (uint64_t)eh->e_shnum * eh->e_shentsize;
	if (here > size || here < eh->e_shoff)
		eh->e_shoff = eh->e_shnum = eh->e_shstrndx = 0;
	return elf_memory(bytes, size);
}

/* The vDSO is mapped whole. */
static Elf *elf_of_vdso(struct alck_scene *scene, uint64_t base)
{
	const struct alck_mapping *m =
		alck_memory_mapping_at(scene->memory, base);
	size_t size = m ? (size_t)(m->high - base) : 0;
	char *bytes;

	if (size < sizeof(Elf64_Ehdr) || size > VDSO_MAX)
		return NULL;
	bytes = alck_arena_alloc(&scene->arena, size);
	if (!bytes || alck_memory_read(scene->memory, base, bytes, size))
		return NULL;
	return elf_memory(bytes, size);
}

static int find_elf(Dwfl_Module *module, void **userdata, const char *name,
		    Dwarf_Addr base, char **file_name, Elf **elf)
{
	const struct asked *asked = *userdata;
	const struct alck_object *o = asked->object;
	int fd;

	(void)module;
	(void)name;
	*elf = NULL;
	if (!o) {
		*elf = elf_of_vdso(asked->scene, base);
		return -1;
	}
	fd = alck_file_open(asked->scene, o);
	if (fd >= 0)
		*file_name = strdup(o->image.path);
	else
		*elf = elf_of_segments(asked->scene, &o->image);
	return fd;
}

static char *debuginfo_path;
static const Dwfl_Callbacks callbacks = {.find_elf = find_elf,
					 .find_debuginfo =
						 dwfl_standard_find_debuginfo,
					 .debuginfo_path = &debuginfo_path};

static void report(struct alck_scene *scene, Dwfl *dwfl,
		   const struct alck_object *o, uint64_t low, uint64_t high)
{
	struct asked *asked = alck_arena_alloc(&scene->arena, sizeof(*asked));
	Dwfl_Module *module = NULL;
	void **userdata;

	if (asked && low < high)
		module = dwfl_report_module(dwfl, o ? o->image.path : "[vdso]",
					    low, high);
	if (!module)
		return;
	asked->scene = scene;
	asked->object = o;
	dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = asked;
}

Dwfl *alck_stack_modules(struct alck_scene *scene)
{
	uint64_t vdso = alck_memory_auxv(scene->memory, AT_SYSINFO_EHDR);
	const struct alck_mapping *m =
		vdso ? alck_memory_mapping_at(scene->memory, vdso) : NULL;
	Dwfl *dwfl;

	elf_version(EV_CURRENT);
	/* Nothing is to be asked of the network. */
	unsetenv("DEBUGINFOD_URLS");
	dwfl = dwfl_begin(&callbacks);
	if (!dwfl)
		return NULL;
	for (size_t i = 0; i < scene->nobjects; i++) {
		const struct alck_image *image = &scene->objects[i]->image;

		report(scene, dwfl, scene->objects[i],
		       (image->bias + image->low) & -(uint64_t)PAGE,
		       (image->bias + image->high + PAGE - 1) &
			       -(uint64_t)PAGE);
	}
	if (m)
		report(scene, dwfl, NULL, vdso, m->high);
	if (!dwfl_report_end(dwfl, NULL, NULL))
		return dwfl;
	dwfl_end(dwfl);
	return NULL;
}
