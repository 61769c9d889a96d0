/* SPDX-License-Identifier: MIT */
/* ld.so's own variables: see loader.h.  Runs before anything is relocated. */
#include "preload/elf-lookup.h"
#include "preload/loader.h"

#define PAGE_SIZE 4096UL
#define REACH	  (4UL << 20) /* ld.so is 200 KB */

const struct r_debug *alck_loader_debug;
void *alck_loader_stack_end;

static int is_elf_header(const unsigned char *p)
{
	return p[0] == ELFMAG0 && p[1] == ELFMAG1 && p[2] == ELFMAG2 &&
	       p[3] == ELFMAG3;
}

/* ld.so's private variables, _rtld_global: [low, high). */
static uintptr_t private_low, private_high;

/* Before glibc 2.35 the lists are not chained; each namespace's r_debug lies in
 * ld.so's private variables, where it is known by its words: this version, a
 * list, and ld.so's own breakpoint and base. */
static const struct r_debug *next_private(const struct r_debug *after)
{
	const struct r_debug *main_list = alck_loader_debug;
	uintptr_t at = private_low;

	if (after != main_list)
		at = (uintptr_t)after + sizeof(*after);
	for (; at + sizeof(*after) <= private_high; at += sizeof(uintptr_t)) {
		const struct r_debug *r = (const void *)at;

		if (r->r_version == 1 && r->r_map && r != main_list &&
		    r->r_map != main_list->r_map &&
		    r->r_brk == main_list->r_brk &&
		    r->r_ldbase == main_list->r_ldbase)
			return r;
	}
	return NULL;
}

const struct r_debug *alck_loader_next(const struct r_debug *r)
{
	/* r_debug_extended: glibc 2.35 (commit a93d9e03a3). */
	if (r->r_version >= 2)
		return *(struct r_debug *const *)(r + 1);
	/* It comes with a second namespace: the first says 1 until then. */
	return next_private(r);
}

static int note_size(const struct alck_module *m, ElfW(Sym) * s, int hidden,
		     void *data)
{
	(void)hidden;
	(void)data;
	private_low = m->bias + s->st_value;
	private_high = private_low + s->st_size;
	return 1;
}

int alck_loader_find(uintptr_t code)
{
	uintptr_t base = code & -PAGE_SIZE;
	struct alck_module m;
	uintptr_t at;

	/* Its segments lie one behind the other, the header in front. */
	while (!is_elf_header((const unsigned char *)base)) {
		if (code - base > REACH)
			return -1;
		base -= PAGE_SIZE;
	}
	alck_module_read_headers(&m, base);
	at = alck_elf_address(&m, "_r_debug");
	if (!at)
		return -1;
	alck_loader_debug = (const struct r_debug *)at;
	alck_elf_each(&m, "_rtld_global", note_size, NULL);
	at = alck_elf_address(&m, "__libc_stack_end");
	if (!at)
		return -1;
	alck_loader_stack_end = *(void **)at;
	return 0;
}
