/* SPDX-License-Identifier: MIT */
/*
 * Instructions that are read, and moved: each that is moved is run at its own
 * place and at the other, and does the same.  It needs nothing but libc, so
 * that it can be built for another processor and run by an emulator.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/insn.h"

static int failed, tests;

static void check(int good, const char *what, const char *name)
{
	tests++;
	if (good)
		return;
	failed++;
	printf("# %s: %s\n", name, what);
}

/* ------------------------------------------------------------------- reading
 */

#define AT 0x10000000u

struct sample {
	const char *name;
	unsigned char code[16];
	uint8_t length; /* 0: it must be refused */
	uint8_t kind, is_fixed;
	int32_t distance; /* of the target from AT, 0: none */
};

static const struct sample samples[];

static void read_samples(void)
{
	for (const struct sample *s = samples; s->name; s++) {
		struct alck_insn insn;
		int r = alck_insn_decode(s->code, sizeof(s->code), AT, &insn);

		if (!s->length) {
			check(r != 0, "is not refused", s->name);
			continue;
		}
		check(!r, "is refused", s->name);
		if (r)
			continue;
		check(insn.length == s->length, "has the wrong length",
		      s->name);
		check(insn.kind == s->kind, "is of the wrong kind", s->name);
		check(insn.is_fixed == s->is_fixed, "can(not) be moved",
		      s->name);
		check(insn.relative == (s->distance != 0),
		      "counts from itself, or not", s->name);
		if (s->distance)
			check(insn.target ==
				      AT + (uintptr_t)(intptr_t)s->distance,
			      "leads elsewhere", s->name);
		/* Cut short it is none. */
		for (size_t n = 0; n < s->length; n++)
			check(alck_insn_decode(s->code, n, AT, &insn) != 0,
			      "is read past its end", s->name);
	}
}

/* -------------------------------------------------------------------- moving
 */

/* Functions of one argument, of which the first instruction is moved. */
typedef long (*function)(long);

struct moved {
	const char *name;
	unsigned char code[64];
	size_t len;
	size_t first; /* where the instruction to be moved stands */
	/* The answers to 0, 1 and 2. */
	long answer[3];
};

static const struct moved movings[];

#define SPACE 8192
#define FAR   4096

static void flush(void *from, size_t len)
{
	__builtin___clear_cache((char *)from, (char *)from + len);
}

static void move_one(unsigned char *space, const struct moved *m)
{
	unsigned char *there = space + FAR;
	uintptr_t at = (uintptr_t)space + m->first;
	struct alck_insn insn;
	size_t n, back;

	memcpy(space, m->code, m->len);
	flush(space, SPACE);
	for (long i = 0; i < 3; i++)
		check(((function)(uintptr_t)space)(i) == m->answer[i],
		      "does not do what the test thinks", m->name);
	if (alck_insn_decode(space + m->first, m->len - m->first, at, &insn)) {
		check(0, "is refused", m->name);
		return;
	}
	n = alck_insn_move(&insn, space + m->first, there, (uintptr_t)there);
	check(n && n <= ALCK_INSN_MOVED_MAX, "cannot be moved", m->name);
	back = alck_insn_jump(there + n, (uintptr_t)there + n,
			      at + insn.length);
	check(back == ALCK_INSN_JUMP_LENGTH, "no jump back", m->name);
	/* Behind the jump the rest of the instruction must not be run. */
	n = alck_insn_jump(space + m->first, at, (uintptr_t)there);
	check(n == ALCK_INSN_JUMP_LENGTH, "no jump there", m->name);
	flush(space, SPACE);
	for (long i = 0; i < 3; i++)
		check(((function)(uintptr_t)space)(i) == m->answer[i],
		      "does something else when moved", m->name);
}

static void move_all(void)
{
	unsigned char *space =
		mmap(NULL, SPACE, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char far[ALCK_INSN_FAR_MAX + 8];
	long (*answer)(long);
	size_t n;

	if (space == MAP_FAILED)
		exit(99);
	for (const struct moved *m = movings; m->name; m++)
		move_one(space, m);

	/* To anywhere, and with a landing pad in front. */
	memcpy(space, movings[0].code, movings[0].len);
	n = alck_insn_put_landing(space + FAR);
	check(alck_insn_landing(space + FAR, 4) == n, "no landing pad", "pad");
	n = alck_insn_jump_far(space + FAR + n, (uintptr_t)space);
	check(n && n <= ALCK_INSN_FAR_MAX, "no far jump", "far");
	flush(space, SPACE);
	*(void **)&answer = space + FAR;
	check(answer(1) == movings[0].answer[1], "leads elsewhere", "far");

	check(!alck_insn_jump(far, AT, AT + (uintptr_t)ALCK_INSN_REACH * 2),
	      "a jump further than it goes", "near");
	check(alck_insn_jump(far, AT, AT + (uintptr_t)ALCK_INSN_REACH - 64) ==
		      ALCK_INSN_JUMP_LENGTH,
	      "no jump as far as it goes", "near");
}

#define PLAIN	    ALCK_INSN_PLAIN
#define PADDING	    ALCK_INSN_PADDING
#define CALL	    ALCK_INSN_CALL
#define CONDITIONAL ALCK_INSN_CONDITIONAL
#define JUMP	    ALCK_INSN_JUMP
#define RETURN	    ALCK_INSN_RETURN
#define STOP	    ALCK_INSN_STOP
#define BREAKPOINT  ALCK_INSN_BREAKPOINT

/* clang-format off */
#if defined(__x86_64__)

static const struct sample samples[] = {
	{"push %rbp", {0x55}, 1, PLAIN, 0, 0},
	{"push %r15", {0x41, 0x57}, 2, PLAIN, 0, 0},
	{"mov %rsp,%rbp", {0x48, 0x89, 0xe5}, 3, PLAIN, 0, 0},
	{"sub $0x20,%rsp", {0x48, 0x83, 0xec, 0x20}, 4, PLAIN, 0, 0},
	{"sub $0x1000,%rsp", {0x48, 0x81, 0xec, 0, 0x10, 0, 0}, 7, PLAIN, 0, 0},
	{"mov %fs:0,%rax", {0x64, 0x48, 0x8b, 4, 0x25, 0, 0, 0, 0}, 9, PLAIN,
	 0, 0},
	{"movabs", {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}, 10, PLAIN, 0, 0},
	{"mov $1,%ax", {0x66, 0xb8, 1, 0}, 4, PLAIN, 0, 0},
	{"test $1,%al", {0xf6, 0xc0, 1}, 3, PLAIN, 0, 0},
	{"neg %al", {0xf6, 0xd8}, 2, PLAIN, 0, 0},
	{"test $1,%eax", {0xf7, 0xc0, 1, 0, 0, 0}, 6, PLAIN, 0, 0},
	{"test $1,%ax", {0x66, 0xf7, 0xc0, 1, 0}, 5, PLAIN, 0, 0},
	{"mov %eax,0x12345678", {0x89, 4, 0x25, 0x78, 0x56, 0x34, 0x12}, 7,
	 PLAIN, 0, 0},
	{"mov 8(%rsp,%rax,4),%ecx", {0x8b, 0x4c, 0x84, 8}, 4, PLAIN, 0, 0},
	{"mov 0x100(%rip),%rax", {0x48, 0x8b, 5, 0, 1, 0, 0}, 7, PLAIN, 0,
	 0x107},
	{"cmpl $1,0x100(%rip)", {0x83, 0x3d, 0, 1, 0, 0, 1}, 7, PLAIN, 0,
	 0x107},
	{"movups -8(%rip),%xmm0", {0x0f, 0x10, 5, 0xf8, 0xff, 0xff, 0xff}, 7,
	 PLAIN, 0, -1},
	{"pinsrw $3", {0x66, 0x0f, 0xc4, 0xc0, 3}, 5, PLAIN, 0, 0},
	{"pshufb", {0x66, 0x0f, 0x38, 0, 0xc1}, 5, PLAIN, 0, 0},
	{"palignr $8", {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8}, 6, PLAIN, 0, 0},
	{"vzeroupper", {0xc5, 0xf8, 0x77}, 3, PLAIN, 0, 0},
	{"vmovdqu", {0xc5, 0xfe, 0x6f, 6}, 4, PLAIN, 0, 0},
	{"vpalignr", {0xc4, 0xe3, 0x75, 0x0f, 0xc2, 8}, 6, PLAIN, 0, 0},
	{"vmovdqu64", {0x62, 0xf1, 0xfe, 0x48, 0x6f, 6}, 6, PLAIN, 0, 0},
	{"endbr64", {0xf3, 0x0f, 0x1e, 0xfa}, 4, PLAIN, 0, 0},
	{"lock cmpxchg", {0xf0, 0x0f, 0xb1, 0x0f}, 4, PLAIN, 0, 0},
	{"nop", {0x90}, 1, PADDING, 0, 0},
	{"nopw", {0x66, 0x0f, 0x1f, 0x44, 0, 0}, 6, PADDING, 0, 0},
	{"nopw %cs:", {0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}, 11,
	 PADDING, 0, 0},
	{"pause", {0xf3, 0x90}, 2, PLAIN, 0, 0},
	{"je +2", {0x74, 2}, 2, CONDITIONAL, 0, 4},
	{"jne -6", {0x0f, 0x85, 0xf4, 0xff, 0xff, 0xff}, 6, CONDITIONAL, 0, -6},
	{"jrcxz", {0xe3, 8}, 2, CONDITIONAL, 1, 10},
	{"loop", {0xe2, 0xfc}, 2, CONDITIONAL, 1, -2},
	{"jmp +0x10", {0xeb, 0x10}, 2, JUMP, 0, 0x12},
	{"jmp +0x100", {0xe9, 0, 1, 0, 0}, 5, JUMP, 0, 0x105},
	{"jmp *%rax", {0xff, 0xe0}, 2, JUMP, 0, 0},
	{"jmp *8(%rip)", {0xff, 0x25, 8, 0, 0, 0}, 6, JUMP, 0, 14},
	{"notrack jmp *%rdx", {0x3e, 0xff, 0xe2}, 3, JUMP, 0, 0},
	{"call +0x100", {0xe8, 0, 1, 0, 0}, 5, CALL, 0, 0x105},
	{"call *%rax", {0xff, 0xd0}, 2, CALL, 1, 0},
	{"call *8(%rip)", {0xff, 0x15, 8, 0, 0, 0}, 6, CALL, 1, 14},
	{"push 8(%rip)", {0xff, 0x35, 8, 0, 0, 0}, 6, PLAIN, 0, 14},
	{"ret", {0xc3}, 1, RETURN, 0, 0},
	{"rep ret", {0xf3, 0xc3}, 2, RETURN, 0, 0},
	{"ret $8", {0xc2, 8, 0}, 3, RETURN, 0, 0},
	{"ud2", {0x0f, 0x0b}, 2, STOP, 0, 0},
	{"hlt", {0xf4}, 1, STOP, 0, 0},
	{"int3", {0xcc}, 1, BREAKPOINT, 0, 0},
	{"lea -1(%ecx)", {0x67, 0x8d, 0x51, 0xff}, 4, PLAIN, 0, 0},
	{"lea (%eip)", {0x67, 0x8d, 5, 0, 0, 0, 0}, 0, 0, 0, 0},
	{"push %es", {6}, 0, 0, 0, 0},
	{"jmp of two bytes", {0x66, 0xe9, 0, 0}, 0, 0, 0, 0},
	{"xbegin", {0xc7, 0xf8, 0, 0, 0, 0}, 0, 0, 0, 0},
	{"REX VEX", {0x48, 0xc5, 0xf8, 0x77}, 0, 0, 0, 0},
	{"far jmp", {0xea, 0, 0, 0, 0, 0, 0}, 0, 0, 0, 0},
	{"mov moffs", {0xa1, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 0, 0, 0},
	{"prefixes alone", {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
			    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90},
	 0, 0, 0, 0},
	{NULL, {0}, 0, 0, 0, 0},
};

static const struct moved movings[] = {
	{"a plain one", /* lea 0x11223344(%rdi),%rax; ret */
	 {0x48, 0x8d, 0x87, 0x44, 0x33, 0x22, 0x11, 0xc3}, 8, 0,
	 {0x11223344, 0x11223345, 0x11223346}},
	{"of its address", /* mov 9(%rip),%rax; add %rdi,%rax; ret; nops; 77 */
	 {0x48, 0x8b, 5, 9, 0, 0, 0, 0x48, 1, 0xf8, 0xc3,
	  0x90, 0x90, 0x90, 0x90, 0x90, 77}, 24, 0, {77, 78, 79}},
	{"a long branch", /* test %rdi,%rdi; je 1f; inc %edi; 1: mov; ret */
	 {0x48, 0x85, 0xff, 0x0f, 0x84, 5, 0, 0, 0, 0xff, 0xc7, 0xff, 0xc7,
	  0x90, 0x89, 0xf8, 0xc3}, 17, 3, {0, 3, 4}},
	{"a jump", /* jmp 1f; ud2; 1: mov %edi,%eax; ret */
	 {0xe9, 2, 0, 0, 0, 0x0f, 0x0b, 0x89, 0xf8, 0xc3}, 10, 0, {0, 1, 2}},
	{"a call", /* call 1f; add %edi,%eax; ret; 1: mov $5,%eax; ret */
	 {0xe8, 3, 0, 0, 0, 1, 0xf8, 0xc3, 0xb8, 5, 0, 0, 0, 0xc3}, 14, 0,
	 {5, 6, 7}},
	{NULL, {0}, 0, 0, {0}},
};

/* Short branches have no room for a jump in their place: what they become is
 * looked at. */
static void short_branches(void)
{
	static const unsigned char je[] = {0x74, 0x10}, jmp[] = {0xeb, 0xf0};
	unsigned char to[ALCK_INSN_MOVED_MAX];
	struct alck_insn insn;

	check(!alck_insn_decode(je, 2, AT, &insn), "is refused", "short je");
	check(alck_insn_move(&insn, je, to, AT + 0x1000) == 6 &&
		      !memcmp(to, "\x0f\x84\x0c\xf0\xff\xff", 6),
	      "is not the long one", "short je");
	check(!alck_insn_decode(jmp, 2, AT, &insn), "is refused", "short jmp");
	check(alck_insn_move(&insn, jmp, to, AT - 0x1000) == 5 &&
		      !memcmp(to, "\xe9\xed\x0f\0\0", 5),
	      "is not the long one", "short jmp");
	check(!alck_insn_move(&insn, jmp, to, AT + 0x100000000),
	      "is moved too far", "short jmp");
}

#elif defined(__aarch64__)

#define WORD(w) (w) & 0xff, (w) >> 8 & 0xff, (w) >> 16 & 0xff, (w) >> 24 & 0xff

static const struct sample samples[] = {
	{"stp x29,x30,[sp,#-32]!", {WORD(0xa9be7bfdu)}, 4, PLAIN, 0, 0},
	{"paciasp", {WORD(0xd503233fu)}, 4, PLAIN, 0, 0},
	{"nop", {WORD(0xd503201fu)}, 4, PADDING, 0, 0},
	{"b +8", {WORD(0x14000002u)}, 4, JUMP, 0, 8},
	{"b -8", {WORD(0x17fffffeu)}, 4, JUMP, 0, -8},
	{"bl +0x400", {WORD(0x94000100u)}, 4, CALL, 0, 0x400},
	{"b.eq +16", {WORD(0x54000080u)}, 4, CONDITIONAL, 0, 16},
	{"cbz x0,-4", {WORD(0xb4ffffe0u)}, 4, CONDITIONAL, 0, -4},
	{"cbnz w1,+12", {WORD(0x35000061u)}, 4, CONDITIONAL, 0, 12},
	{"tbz w0,#3,+8", {WORD(0x36180040u)}, 4, CONDITIONAL, 0, 8},
	{"tbnz x0,#63,-4", {WORD(0xb7ffffe0u)}, 4, CONDITIONAL, 0, -4},
	{"adr x0,+5", {WORD(0x30000020u)}, 4, PLAIN, 0, 5},
	{"adrp x0,+0x1000", {WORD(0xb0000000u)}, 4, PLAIN, 0, 0x1000},
	{"ldr x0,+16", {WORD(0x58000080u)}, 4, PLAIN, 0, 16},
	{"ldr w0,+16", {WORD(0x18000080u)}, 4, PLAIN, 0, 16},
	{"br x16", {WORD(0xd61f0200u)}, 4, JUMP, 0, 0},
	{"blr x3", {WORD(0xd63f0060u)}, 4, CALL, 1, 0},
	{"ret", {WORD(0xd65f03c0u)}, 4, RETURN, 0, 0},
	{"retaa", {WORD(0xd65f0bffu)}, 4, RETURN, 0, 0},
	{"brk #0", {WORD(0xd4200000u)}, 4, BREAKPOINT, 0, 0},
	{"hlt #0", {WORD(0xd4400000u)}, 4, STOP, 0, 0},
	{"udf #0", {0, 0, 0, 0}, 4, STOP, 0, 0},
	{NULL, {0}, 0, 0, 0, 0},
};

static const struct moved movings[] = {
	{"a plain one", /* add x0,x0,#5; ret */
	 {WORD(0x91001400u), WORD(0xd65f03c0u)}, 8, 0, {5, 6, 7}},
	{"adr", /* adr x1,1f; ldr w1,[x1]; add x0,x0,x1; ret; 1: .word 77 */
	 {WORD(0x10000081u), WORD(0xb9400021u), WORD(0x8b010000u),
	  WORD(0xd65f03c0u), WORD(77u)}, 20, 0, {77, 78, 79}},
	{"adrp", /* adrp x1,here; lsr x1,x1,#12; lsl..; sub: 0; */
	 {WORD(0x90000001u), WORD(0x92402c21u), WORD(0x8b010000u),
	  WORD(0xd65f03c0u)}, 16, 0, {0, 1, 2}},
	{"ldr", /* ldr x1,1f; add x0,x0,x1; ret; nop; 1: .quad 77 */
	 {WORD(0x58000081u), WORD(0x8b010000u), WORD(0xd65f03c0u),
	  WORD(0xd503201fu), WORD(77u), WORD(0u)}, 24, 0, {77, 78, 79}},
	{"ldrsw", /* ldrsw x1,1f; the same; 1: .word -1 */
	 {WORD(0x98000081u), WORD(0x8b010000u), WORD(0xd65f03c0u),
	  WORD(0xd503201fu), WORD(0xffffffffu)}, 20, 0, {-1, 0, 1}},
	{"cbz", /* cbz x0,1f; add x0,x0,#2; 1: ret */
	 {WORD(0xb4000040u), WORD(0x91000800u), WORD(0xd65f03c0u)}, 12, 0,
	 {0, 3, 4}},
	{"tbz", /* tbz w0,#0,1f; add x0,x0,#2; 1: ret */
	 {WORD(0x36000040u), WORD(0x91000800u), WORD(0xd65f03c0u)}, 12, 0,
	 {0, 3, 2}},
	{"b.eq", /* cmp x0,#1; b.eq 1f; add x0,x0,#2; 1: ret */
	 {WORD(0xf100041fu), WORD(0x54000040u), WORD(0x91000800u),
	  WORD(0xd65f03c0u)}, 16, 4, {2, 1, 4}},
	{"b", /* b 1f; udf; 1: ret */
	 {WORD(0x14000002u), WORD(0u), WORD(0xd65f03c0u)}, 12, 0, {0, 1, 2}},
	{"bl", /* mov x9,x30; bl 1f; add; mov x30,x9; ret; 1: add #5; ret */
	 {WORD(0xaa1e03e9u), WORD(0x94000004u), WORD(0x91000400u),
	  WORD(0xaa0903feu), WORD(0xd65f03c0u), WORD(0x91001400u),
	  WORD(0xd65f03c0u)}, 28, 4, {6, 7, 8}},
	{NULL, {0}, 0, 0, {0}},
};

static void short_branches(void)
{
	static const unsigned char vector[] = {WORD(0x5c000080u)};
	static const unsigned char prefetch[] = {WORD(0xd8000080u)};
	unsigned char to[ALCK_INSN_MOVED_MAX];
	struct alck_insn insn;

	check(!alck_insn_decode(vector, 4, AT, &insn) &&
		      !alck_insn_move(&insn, vector, to, AT + 0x1000),
	      "is moved", "ldr d0");
	check(!alck_insn_decode(prefetch, 4, AT, &insn) &&
		      alck_insn_move(&insn, prefetch, to, AT + 0x1000) == 4,
	      "is not left out", "prfm");
}

#endif
/* clang-format on */

/* Whatever bytes there are: it ends, within them, and is the same again. */
static void read_anything(void)
{
	unsigned char code[ALCK_INSN_MAX], to[ALCK_INSN_MOVED_MAX];
	uint32_t random = 1;

	for (int i = 0; i < 200000; i++) {
		struct alck_insn a, b;
		size_t n;

		for (size_t k = 0; k < sizeof(code); k++) {
			random = random * 1103515245 + 12345;
			code[k] = (unsigned char)(random >> 16);
		}
		if (alck_insn_decode(code, sizeof(code), AT, &a))
			continue;
		if (!a.length || a.length > sizeof(code) ||
		    alck_insn_decode(code, a.length, AT, &b) ||
		    memcmp(&a, &b, sizeof(a))) {
			check(0, "is read in two ways", "random bytes");
			return;
		}
		n = alck_insn_move(&a, code, to, AT + 0x10000);
		check(n <= ALCK_INSN_MOVED_MAX, "has no room", "random bytes");
	}
}

/* Lines of objdump's, "ADDRESS: BYTES TEXT", from stdin: is each as long as it
 * says there?  Prints what is not; few are refused. */
static void compare(void)
{
	long read = 0, refused = 0;
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		unsigned char code[ALCK_INSN_MAX];
		struct alck_insn insn;
		char *p = line;
		size_t n = 0;
		uintptr_t at = strtoul(p, &p, 16);

		if (*p++ != ':')
			continue;
		while (n < sizeof(code)) {
			char *end;
			unsigned long byte = strtoul(p, &end, 16);

			if (end - p != 3 && !(n == 0 && end > p))
				break;
			code[n++] = (unsigned char)byte;
			p = end;
		}
		if (!n)
			continue;
		read++;
		if (alck_insn_decode(code, n, at, &insn))
			refused++;
		else
			check(insn.length == n, "has another length", line);
	}
	check(read > 1000, "nothing to compare with", "objdump");
	check(refused <= read / 1000, "too many are refused", "objdump");
	printf("%ld instructions, %ld refused\n", read, refused);
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{"what is read", read_samples},
	{"what is moved does the same", move_all},
	{"branches and what cannot be moved", short_branches},
	{"whatever bytes", read_anything},
};

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		compare();
		return failed != 0;
	}
	printf("1..%zu\n", sizeof(parts) / sizeof(parts[0]));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int before = failed;

		parts[i].run();
		printf("%s %zu - %s\n", failed == before ? "ok" : "not ok",
		       i + 1, parts[i].name);
	}
	printf("# %d checks, %d failed\n", tests, failed);
	return failed != 0;
}
