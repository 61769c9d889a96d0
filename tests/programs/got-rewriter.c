/* SPDX-License-Identifier: MIT */
/*
 * A profiler of the kind that rewrites the slots of every object, to be
 * preloaded: each slot for malloc or free is pointed to a function of this
 * library.  With GOT_REWRITER=found in the environment that function calls what
 * the first slot held; with GOT_REWRITER=libc it calls libc's own, whatever the
 * program's allocator is.  With TAIL they are left by a jump, and are in no
 * stack.
 */
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

#include "common.h"

static int calls_libc;

#ifdef TAIL
__attribute__((used)) static void *(*next_malloc)(size_t);
__attribute__((used)) static void (*next_free)(void *);
void *rewriter_malloc(size_t size);
void rewriter_free(void *p);
__asm__(".text\n"
	"rewriter_malloc:\n"
	"	endbr64\n"
	"	jmp *next_malloc(%rip)\n"
	"rewriter_free:\n"
	"	endbr64\n"
	"	mov next_free(%rip), %rax\n"
	"	jmp *%rax\n");
#else
static void *(*next_malloc)(size_t);
static void (*next_free)(void *);

static void *rewriter_malloc(size_t size)
{
	void *p = next_malloc(size);

	__asm__ volatile("");
	return p;
}

static void rewriter_free(void *p)
{
	next_free(opaque(p));
	__asm__ volatile("");
}
#endif

static void rewrite(void **slot, void *function, void **found)
{
	void *page = (void *)((unsigned long)slot & -4096ul);

	if (!*found)
		*found = *slot;
	must(!mprotect(page, 4096, PROT_READ | PROT_WRITE));
	*slot = function;
}

static void rewrite_all(ElfW(Addr) bias, const ElfW(Dyn) * d)
{
	const ElfW(Rela) * rela[2] = {NULL, NULL};
	size_t bytes[2] = {0, 0}, i;
	const ElfW(Sym) *symbols = NULL;
	const char *names = NULL;
	int k;

	for (; d->d_tag != DT_NULL; d++)
		switch (d->d_tag) {
		case DT_SYMTAB:
			symbols = (void *)d->d_un.d_ptr;
			break;
		case DT_STRTAB:
			names = (void *)d->d_un.d_ptr;
			break;
		case DT_JMPREL:
			rela[0] = (void *)d->d_un.d_ptr;
			break;
		case DT_PLTRELSZ:
			bytes[0] = d->d_un.d_val;
			break;
		case DT_RELA:
			rela[1] = (void *)d->d_un.d_ptr;
			break;
		case DT_RELASZ:
			bytes[1] = d->d_un.d_val;
			break;
		}
	for (k = 0; k < 2; k++)
		for (i = 0; i < bytes[k] / sizeof(ElfW(Rela)); i++) {
			const ElfW(Rela) *r = &rela[k][i];
			void **slot = (void **)(bias + r->r_offset);
			const char *name =
				names + symbols[ELF64_R_SYM(r->r_info)].st_name;

			if (ELF64_R_TYPE(r->r_info) != R_X86_64_JUMP_SLOT &&
			    ELF64_R_TYPE(r->r_info) != R_X86_64_GLOB_DAT)
				continue;
			if (!strcmp(name, "malloc"))
				rewrite(slot, rewriter_malloc,
					(void **)&next_malloc);
			else if (!strcmp(name, "free"))
				rewrite(slot, rewriter_free,
					(void **)&next_free);
		}
}

/* The program alone: the first in the list. */
__attribute__((constructor)) static void begin(void)
{
	const char *way = getenv("GOT_REWRITER");
	struct link_map *map = NULL;
	void *libc;

	if (!way)
		return;
	calls_libc = !strcmp(way, "libc");
	if (calls_libc) {
		libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
		must(libc);
		*(void **)&next_malloc = dlsym(libc, "malloc");
		*(void **)&next_free = dlsym(libc, "free");
	}
	must(!dlinfo(dlopen(NULL, RTLD_NOW), RTLD_DI_LINKMAP, &map) && map);
	rewrite_all(map->l_addr, map->l_ld);
}
