/* SPDX-License-Identifier: MIT */
/*
 * The part of test-unwind about code and tables that no compiler made: code
 * without tables, modules that are replaced, tables with errors in them.
 */
#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "modules-double.h"
#include "preload/cfi-rule.h"
#include "preload/modules.h"
#include "preload/unwind.h"
#include "test-unwind.h"

static unsigned char *code_page(const void *code, size_t len)
{
	unsigned char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(at != MAP_FAILED);
	memcpy(at, code, len);
	return at;
}

static uintptr_t jit_pcs[16];
static int jit_frames;

static void jit_probe(void)
{
	struct alck_frame here;

	alck_frame_here(&here);
	jit_frames = alck_unwind(jit_pcs, 16, &here);
}

/* Code that no table knows, with a frame pointer: it is followed. */
START_TEST(generated_code)
{
	static const unsigned char with_fp[] = {
		0x55,		  /* push %rbp */
		0x48, 0x89, 0xe5, /* mov %rsp,%rbp */
		0xff, 0xd7,	  /* call *%rdi */
		0x5d, 0xc3,	  /* pop %rbp; ret */
	};
	unsigned char *at = code_page(with_fp, sizeof(with_fp));
	uintptr_t own[16];
	struct alck_frame here;
	int n;

	((void (*)(void (*)(void)))at)(jit_probe);
	alck_frame_here(&here);
	n = alck_unwind(own, 16, &here);
	ck_assert_uint_eq(alck_unwind_short_stacks(), 0);
	ck_assert_int_eq(jit_frames, n + 2);
	ck_assert_uint_eq(jit_pcs[0], (uintptr_t)at + 6);
	ck_assert_mem_eq(&jit_pcs[2], own, (size_t)n * sizeof(*own));
}
END_TEST

/* A module with one function: takes SPACE bytes of stack, and calls. */
static void make_module(unsigned char *at, unsigned char space)
{
	const unsigned char code[] = {
		0x48, 0x83, 0xec, space, /* sub $SPACE,%rsp */
		0xff, 0xd7,		 /* call *%rdi */
		0x48, 0x83, 0xc4, space, /* add $SPACE,%rsp */
		0xc3,			 /* ret */
	};
	const unsigned char tables[] = {
		/* .eh_frame_hdr at 64: .eh_frame, one FDE, sorted */
		1,
		0x1b,
		3,
		0x3b,
		16,
		0,
		0,
		0,
		1,
		0,
		0,
		0,
		(unsigned char)-64,
		0xff,
		0xff,
		0xff,
		44,
		0,
		0,
		0,
		/* CIE at 84: zR, code 1, data -8, ra 16, pcrel sdata4;
		 * CFA = rsp + 8, ra at CFA - 8 */
		20,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		1,
		'z',
		'R',
		0,
		1,
		0x78,
		16,
		1,
		0x1b,
		0x0c,
		7,
		8,
		0x90,
		1,
		0,
		0,
		/* FDE at 108, for the code; after 4 bytes CFA = rsp + ... */
		20,
		0,
		0,
		0,
		28,
		0,
		0,
		0,
		(unsigned char)-116,
		0xff,
		0xff,
		0xff,
		sizeof(code),
		0,
		0,
		0,
		0,
		0x44,
		0x0e,
		(unsigned char)(8 + space),
		0,
		0,
		0,
		0,
		/* end */
		0,
		0,
		0,
		0,
	};

	memcpy(at, code, sizeof(code));
	memcpy(at + 64, tables, sizeof(tables));
	modules_double_add((uintptr_t)at, (uintptr_t)at + 4096, at + 64);
}

/* Another module at the same address, with another rule for it. */
START_TEST(module_replaced)
{
	unsigned char *at = code_page("", 1);
	uintptr_t own[16];
	struct alck_frame here;
	unsigned char i;
	int n;

	for (i = 0; i < 4; i++) {
		make_module(at, (unsigned char)(8 + 16 * i));
		((void (*)(void (*)(void)))at)(jit_probe);
		((void (*)(void (*)(void)))at)(jit_probe);
		alck_frame_here(&here);
		n = alck_unwind(own, 16, &here);
		ck_assert_uint_eq(jit_pcs[0], (uintptr_t)at + 6);
		ck_assert_int_eq(jit_frames, n + 2);
		ck_assert_mem_eq(&jit_pcs[2], own, (size_t)n * sizeof(*own));
		modules_double_retire((uintptr_t)at);
	}
	ck_assert_uint_eq(alck_unwind_short_stacks(), 0);
}
END_TEST

/* And with anything else in rbp: the walk ends there. */
START_TEST(generated_code_without_frame)
{
	static const unsigned char with_any[] = {
		0x55,		  /* push %rbp */
		0x48, 0x89, 0xf5, /* mov %rsi,%rbp */
		0xff, 0xd7,	  /* call *%rdi */
		0x5d, 0xc3,	  /* pop %rbp; ret */
	};
	unsigned char *at = code_page(with_any, sizeof(with_any));
	uintptr_t sp = (uintptr_t)__builtin_frame_address(0),
		  values[] = {
			  0,
			  1,
			  8,
			  sp - 4096,
			  sp + 4,
			  UINTPTR_MAX,
			  UINTPTR_MAX - 15,
			  (uintptr_t)1 << 47,
			  (uintptr_t)at,
			  sp + 0xff000,
		  };
	unsigned i, count = sizeof(values) / sizeof(*values);

	for (i = 0; i < count; i++) {
		((void (*)(void (*)(void), uintptr_t))at)(jit_probe,
							  values[i] & ~7ull);
		((void (*)(void (*)(void), uintptr_t))at)(jit_probe, values[i]);
		ck_assert_uint_eq(jit_pcs[0], (uintptr_t)at + 6);
	}
	/* Only one of them may lead anywhere: the last, into the stack. */
	ck_assert_uint_ge(alck_unwind_short_stacks(), 2 * count - 4);
}
END_TEST

/* Tables with errors in them: read within bounds, whatever they say. */
START_TEST(broken_tables)
{
	const struct alck_module *m = alck_module_at((uintptr_t)probe);
	unsigned long seed = 1, valid = 0;
	struct alck_module copy;
	size_t size, hdr, rest;
	unsigned char *room;
	int i;

	ck_assert(m && m->eh_frame_hdr);
	/* From the tables to the end of their segment, before a page that
	 * nobody may read, and with as much before them for addresses. */
	hdr = (size_t)((uintptr_t)m->eh_frame_hdr - m->low);
	rest = m->high - (uintptr_t)m->eh_frame_hdr;
	if (rest > 32768)
		rest = 8192;
	size = (hdr + rest + 4095) & ~(size_t)4095;
	room = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(room != MAP_FAILED);
	ck_assert(!mprotect(room + size, 4096, PROT_NONE));
	room += size - hdr - rest;
	copy = *m;
	copy.low = (uintptr_t)room;
	copy.high = (uintptr_t)room + hdr + rest;
	copy.eh_frame_hdr = room + hdr;
	for (i = 0; i < 100000; i++) {
		uintptr_t pc;

		if (i % 1000 == 0)
			memcpy(room + hdr, m->eh_frame_hdr, rest);
		seed = seed * 6364136223846793005 + 1442695040888963407;
		pc = (uintptr_t)room + ((uintptr_t)probe - m->low) / 2 +
		     (seed >> 33) % ((uintptr_t)probe - m->low);
		if (alck_cfi_type(alck_cfi_rule(&copy, pc)) == ALCK_CFI_RSP)
			valid++;
		if (i % 1000 > 100)
			room[hdr + (seed >> 20) % rest] ^=
				(unsigned char)(1u << (seed >> 60) % 8);
	}
	ck_assert_uint_ge(valid, 1000);
}
END_TEST

void add_table_tests(TCase *c)
{
	tcase_add_test(c, generated_code);
	tcase_add_test(c, module_replaced);
	tcase_add_test(c, generated_code_without_frame);
	tcase_add_test(c, broken_tables);
}
