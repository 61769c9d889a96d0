/* SPDX-License-Identifier: MIT */
/*
 * What code leads to: functions that are never called, written so that it is
 * known what they have in common.  Needs nothing but libc, so that it can be
 * built for another processor and run by an emulator.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "preload/code-reach.h"
#include "preload/definition.h"

#if defined(__x86_64__)
#define CALL(f)	      "	call " #f "\n"
#define JUMP(f)	      "	jmp " #f "\n"
#define BRANCH(f)     "	test %rdi, %rdi\n	je " #f "\n"
#define CALL_OUT(f)   "	call " #f "@PLT\n"
#define JUMP_OUT(f)   "	jmp " #f "@PLT\n"
#define CALL_ANY      "	call *%rax\n"
#define JUMP_ANY      "	jmp *(%rdi,%rax,8)\n"
#define JUMP_BY(word) "	jmp *" #word "(%rip)\n"
#define LOAD	      "	mov %rdi, %rax\n"
#define STRANGE	      "	.byte 6\n"
#define STOP	      "	ud2\n"
#elif defined(__aarch64__)
#define CALL(f)	      "	bl " #f "\n"
#define JUMP(f)	      "	b " #f "\n"
#define BRANCH(f)     "	cbz x0, " #f "\n"
#define CALL_OUT(f)   CALL(f)
#define JUMP_OUT(f)   JUMP(f)
#define CALL_ANY      "	blr x8\n"
#define JUMP_ANY      "	br x8\n"
#define JUMP_BY(word) JUMP_ANY
#define LOAD	      "	mov x1, x0\n"
#define STRANGE	      "	.inst 0x01234567\n"
#define STOP	      "	udf #0\n"
#endif
#define RETURN "	ret\n"

#define CODE(name, code)                                         \
	extern const char name[];                                \
	__asm__(".text\n.globl " #name "\n" #name ":\n"          \
		"	.cfi_startproc\n" code "	.cfi_endproc\n" \
		".type " #name ", @function\n"                   \
		".size " #name ", .-" #name "\n")

/* Without a line in the unwind tables. */
#define BARE(name, code)          \
	extern const char name[]; \
	__asm__(".text\n.globl " #name "\n" #name ":\n" code)

CODE(leaf, LOAD RETURN);
CODE(other_leaf, LOAD RETURN);
CODE(third_leaf, LOAD RETURN);
CODE(calls_leaf, CALL(leaf) LOAD RETURN);
CODE(calls_other, CALL(other_leaf) RETURN);
CODE(jumps_to_leaf, LOAD JUMP(leaf));
CODE(branches_to_leaf, BRANCH(leaf) LOAD RETURN);
CODE(far, CALL(calls_leaf) CALL(calls_other) RETURN);
CODE(loops, LOAD BRANCH(loops) CALL(loops) RETURN);
CODE(behind_branch, BRANCH(1f) RETURN "1:" LOAD JUMP(leaf));

/* What goes who knows where, and is no way to anything. */
CODE(calls_any, LOAD CALL_ANY RETURN);
CODE(jumps_any, LOAD JUMP_ANY);

/* Behind a call that does not come back, or a trap, there is another one. */
CODE(stops, STOP);
CODE(ends_in_call, LOAD CALL(stops));
CODE(behind, LOAD JUMP(leaf));
BARE(bare_ends_in_call, LOAD CALL(stops));
CODE(behind_bare, LOAD JUMP(leaf));
CODE(ends_in_trap, LOAD STOP);
CODE(behind_trap, LOAD JUMP(leaf));

CODE(strange, LOAD STRANGE RETURN);
CODE(calls_strange, CALL(strange) RETURN);

/* Out of the object: by the linker's stub, by one of a few instructions before
 * it, by a word that the loader writes. */
CODE(calls_out, LOAD CALL_OUT(getpid) RETURN);
CODE(calls_out_too, CALL_OUT(getpid) LOAD RETURN);
CODE(stub, LOAD LOAD JUMP_OUT(getpid));
CODE(calls_stub, CALL(stub) RETURN);
CODE(jumps_to_stub, LOAD JUMP(stub));
CODE(table_jump, LOAD JUMP_BY(word));
__asm__(".data\n	.p2align 3\nword:	.quad leaf\n");
CODE(calls_table_jump, CALL(table_jump) RETURN);
CODE(jumps_to_table_jump, LOAD JUMP(table_jump));

/* The allocator's own mmap. */
CODE(own_mmap, LOAD CALL(third_leaf) RETURN);
CODE(maps, CALL(own_mmap) RETURN);
CODE(maps_too, LOAD JUMP(own_mmap));

/* ------------------------------------------------------------- the module */

static uintptr_t mmap_is_at;

int alck_definition_find(const struct alck_module *m, const char *name,
			 struct alck_definition *d)
{
	(void)m;
	*d = (struct alck_definition){.address = mmap_is_at};
	return mmap_is_at && !strcmp(name, "mmap");
}

static struct alck_module module;
static uintptr_t elsewhere; /* in a segment without code */

static int first(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	module.bias = info->dlpi_addr;
	module.phdr = info->dlpi_phdr;
	module.nphdr = info->dlpi_phnum;
	module.low = UINTPTR_MAX;
	for (uint32_t i = 0; i < module.nphdr; i++) {
		const ElfW(Phdr) *p = &module.phdr[i];
		uintptr_t low = module.bias + p->p_vaddr;

		if (p->p_type == PT_GNU_EH_FRAME) {
			module.eh_frame_hdr = (const unsigned char *)low;
			module.eh_frame_hdr_len = p->p_memsz;
		} else if (p->p_type == PT_DYNAMIC) {
			module.dynamic = (const ElfW(Dyn) *)low;
		} else if (p->p_type == PT_LOAD) {
			module.low = low < module.low ? low : module.low;
			if (low + p->p_memsz > module.high)
				module.high = low + p->p_memsz;
			if (!(p->p_flags & PF_X))
				elsewhere = low;
		}
	}
	return 1;
}

static void find_module(void)
{
	dl_iterate_phdr(first, NULL);
	for (const ElfW(Dyn) *d = module.dynamic; d && d->d_tag; d++)
		switch (d->d_tag) {
		case DT_JMPREL:
			module.jmprel = (const ElfW(Rela) *)d->d_un.d_ptr;
			break;
		case DT_PLTRELSZ:
			module.njmprel = d->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_RELA:
			module.rela = (const ElfW(Rela) *)d->d_un.d_ptr;
			break;
		case DT_RELASZ:
			module.nrela = d->d_un.d_val / sizeof(ElfW(Rela));
			break;
		}
}

/* --------------------------------------------------------------- the checks
 */

static int number, failed;

static void expect(int shared, const char *what, struct alck_code a,
		   struct alck_code b)
{
	int forth = alck_code_is_shared(&module, &a, &b);
	int back = alck_code_is_shared(&module, &b, &a);
	int good = forth == shared && back == shared;

	printf("%s %d - %s\n", good ? "ok" : "not ok", ++number, what);
	if (!good)
		printf("# %d and, the other way round, %d\n", forth, back);
	failed += !good;
}

#define ADDRESS(f) ((uintptr_t)(f))
#define ONE(f)	   ((struct alck_code){.at = {ADDRESS(f)}, .n = 1})
#define TWO(f, g)  ((struct alck_code){.at = {ADDRESS(f), ADDRESS(g)}, .n = 2})

enum { APART, SHARED };

/* Where calls of other objects are known as such, and the ends of functions. On
 * aarch64 they are not, and two that have those in common are taken for one. */
#if defined(__x86_64__)
#define APART_HERE APART
#else
#define APART_HERE SHARED
#endif

int main(void)
{
	find_module();
	printf("1..26\n");

	expect(APART, "two leaves", ONE(leaf), ONE(other_leaf));
	expect(SHARED, "one function", ONE(leaf), ONE(leaf));
	expect(SHARED, "one calls the other", ONE(calls_leaf), ONE(leaf));
	expect(SHARED, "one jumps to the other", ONE(jumps_to_leaf), ONE(leaf));
	expect(SHARED, "one branches to the other", ONE(branches_to_leaf),
	       ONE(leaf));
	expect(SHARED, "both call a third", ONE(calls_leaf),
	       ONE(jumps_to_leaf));
	expect(APART, "both call, others", ONE(calls_leaf), ONE(calls_other));
	expect(SHARED, "by two calls", ONE(far), ONE(other_leaf));
	expect(SHARED, "behind a branch", ONE(behind_branch), ONE(leaf));
	expect(APART, "a loop", ONE(loops), ONE(calls_leaf));
	expect(SHARED, "the second of two", TWO(other_leaf, calls_leaf),
	       TWO(third_leaf, jumps_to_leaf));
	expect(APART, "two and two", TWO(other_leaf, calls_other),
	       TWO(leaf, calls_leaf));

	expect(APART, "calls and jumps to nobody knows where",
	       TWO(calls_any, jumps_any), ONE(leaf));
	expect(APART_HERE, "what stands behind a call", ONE(ends_in_call),
	       ONE(leaf));
	expect(SHARED, "the same, and no table tells where it ends",
	       ONE(bare_ends_in_call), ONE(leaf));
	expect(APART, "what stands behind a trap", ONE(ends_in_trap),
	       ONE(leaf));

	expect(SHARED, "what cannot be read", ONE(strange), ONE(leaf));
	expect(SHARED, "what calls that", ONE(calls_strange), ONE(leaf));
	expect(SHARED, "nothing at all", (struct alck_code){.n = 0}, ONE(leaf));
	expect(SHARED, "what lies in another segment",
	       (struct alck_code){.at = {elsewhere}, .n = 1}, ONE(leaf));

	expect(APART_HERE, "both call another object", ONE(calls_out),
	       ONE(calls_out_too));
	expect(APART_HERE, "by a stub of a few instructions", ONE(calls_stub),
	       ONE(jumps_to_stub));
	expect(SHARED, "a jump by a word that is the object's own",
	       ONE(calls_table_jump), ONE(jumps_to_table_jump));

	expect(SHARED, "a function called mmap by nobody", ONE(maps),
	       ONE(maps_too));
	mmap_is_at = ADDRESS(own_mmap);
	expect(APART, "a mmap that the allocator brings with it", ONE(maps),
	       ONE(maps_too));
	expect(APART, "and what is under it", ONE(maps), ONE(third_leaf));
	return failed != 0;
}
