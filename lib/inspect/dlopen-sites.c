/* SPDX-License-Identifier: MIT */
/*
 * Calls of dlopen with RTLD_DEEPBIND: see dlopen-sites.h.  Offline.
 *
 * Not a disassembler: a call leads to dlopen when it is a call through dlopen's
 * slot, or to a stub that jumps through it; and the last mov of a constant to
 * the flags' register in the few bytes before it is taken for the flags. x86-64
 * alone.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/dlopen-sites.h"

#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 8
#endif

#define BEFORE	  64 /* bytes in which the constant stands */
#define SLOTS_MAX 8
#define STUBS_MAX 16
#define TEXT_MAX  (512u << 20)

struct code {
	const struct alck_image *image;
	const unsigned char *bytes;
	uint64_t at; /* the address of the first */
	size_t len;
	/* Slots of dlopen and dlmopen, and the stubs that jump through them. */
	uint64_t slots[SLOTS_MAX], stubs[STUBS_MAX];
	/* The register of the flags: %esi, of dlmopen %edx. */
	unsigned char slot_reg[SLOTS_MAX], stub_reg[STUBS_MAX];
	size_t nslots, nstubs;
};

enum { MOV_ESI = 0xbe, MOV_EDX = 0xba };

static uint64_t target(const struct code *c, size_t i, size_t len)
{
	int32_t offset;

	memcpy(&offset, c->bytes + i + len - 4, 4);
	return c->at + i + len + (uint64_t)(int64_t)offset;
}

/* Which register has the flags, if ADDRESS is among N of WHERE; else 0. */
static unsigned char found_in(const uint64_t *where, const unsigned char *reg,
			      size_t n, uint64_t address)
{
	for (size_t i = 0; i < n; i++)
		if (where[i] == address)
			return reg[i];
	return 0;
}

static void find_slots(struct code *c)
{
	for (size_t i = 0; i < c->image->nslots; i++) {
		const struct alck_image_slot *slot = &c->image->slots[i];
		const struct alck_name *name =
			alck_name((unsigned int)slot->symbol->name);

		if (!(name->kinds & ALCK_NAME_LOADS) || c->nslots == SLOTS_MAX)
			continue;
		c->slots[c->nslots] = slot->address;
		c->slot_reg[c->nslots++] =
			!strcmp(name->text, "dlopen") ? MOV_ESI : MOV_EDX;
	}
}

/* jmp *SLOT(%rip), with bnd or without, is what a stub does; calls lead to it
 * or to the endbr64 before it. */
static void find_stubs(struct code *c)
{
	for (size_t i = 0; i + 6 <= c->len && c->nstubs + 2 <= STUBS_MAX; i++) {
		unsigned char reg;
		size_t start = i;

		if (c->bytes[i] != 0xff || c->bytes[i + 1] != 0x25)
			continue;
		reg = found_in(c->slots, c->slot_reg, c->nslots,
			       target(c, i, 6));
		if (!reg)
			continue;
		if (start && c->bytes[start - 1] == 0xf2)
			start--;
		c->stubs[c->nstubs] = c->at + start;
		c->stub_reg[c->nstubs++] = reg;
		if (start >= 4 &&
		    !memcmp(c->bytes + start - 4, "\xf3\x0f\x1e\xfa", 4)) {
			c->stubs[c->nstubs] = c->at + start - 4;
			c->stub_reg[c->nstubs++] = reg;
		}
	}
}

/* The constant that was loaded last into the register before the call at I. */
static int is_deep(const struct code *c, size_t i, unsigned char reg)
{
	size_t first = i > BEFORE ? i - BEFORE : 0;

	for (size_t k = i >= 4 ? i - 4 : 0; k-- > first;) {
		uint32_t flags;

		if (c->bytes[k] != reg || (k && c->bytes[k - 1] == 0x0f))
			continue;
		memcpy(&flags, c->bytes + k + 1, 4);
		/* LAZY or NOW; with GLOBAL, NODELETE, NOLOAD: anything else is
		 * no mode. */
		if (!(flags & 3) || (flags & ~0x110fu))
			continue;
		return (flags & RTLD_DEEPBIND) != 0;
	}
	return 0;
}

static size_t count_sites(const struct code *c, uint64_t *first)
{
	size_t n = 0;

	for (size_t i = 0; i + 6 <= c->len; i++) {
		unsigned char reg = 0;

		if (c->bytes[i] == 0xff && c->bytes[i + 1] == 0x15)
			reg = found_in(c->slots, c->slot_reg, c->nslots,
				       target(c, i, 6));
		else if (c->bytes[i] == 0xe8 || c->bytes[i] == 0xe9)
			reg = found_in(c->stubs, c->stub_reg, c->nstubs,
				       target(c, i, 5));
		if (!reg || !is_deep(c, i, reg))
			continue;
		if (!n++)
			*first = c->at + i;
	}
	return n;
}

static void look_at(struct alck_scene *scene, struct alck_object *o,
		    struct code *c)
{
	uint64_t first = 0;
	size_t n;
	struct alck_scan_finding f = {
		.object = o,
		.code = ALCK_T1,
		.severity = ALCK_SEVERITY_INFO,
		.why = "what it loads will have its own dependencies' malloc "
		       "and free, whatever allocator the program uses",
		.fix = "see with --plugin=FILE:deep what that comes to"};

	find_stubs(c);
	n = count_sites(c, &first);
	if (!n)
		return;
	f.text = alck_arena_printf(&scene->arena,
				   "%s calls dlopen with RTLD_DEEPBIND, in %zu "
				   "place%s (%s+0x%llx)",
				   alck_object_name(o), n, n == 1 ? "" : "s",
				   alck_object_name(o),
				   (unsigned long long)first);
	if (f.text)
		alck_scene_find(scene, &f);
}

void alck_dlopen_sites(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];
		struct code c = {.image = &o->image};

		if (o->is_observer)
			continue;
		find_slots(&c);
		for (size_t k = 0; c.nslots && k < o->image.nphdr; k++) {
			const Elf64_Phdr *ph = &o->image.phdr[k];
			unsigned char *bytes;

			if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X) ||
			    ph->p_filesz > TEXT_MAX)
				continue;
			bytes = malloc(ph->p_filesz);
			if (bytes && !alck_image_read(&o->image, ph->p_vaddr,
						      bytes, ph->p_filesz)) {
				c.bytes = bytes;
				c.at = ph->p_vaddr;
				c.len = ph->p_filesz;
				look_at(scene, o, &c);
			}
			free(bytes);
		}
	}
}
