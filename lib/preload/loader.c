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
	at = alck_elf_address(&m, "__libc_stack_end");
	if (!at)
		return -1;
	alck_loader_stack_end = *(void **)at;
	return 0;
}
