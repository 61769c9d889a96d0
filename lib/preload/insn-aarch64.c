/* SPDX-License-Identifier: MIT */
/* Instructions of aarch64: see insn.h.  All have four bytes; what matters is
 * which of them count from their own address (Arm ARM, C4: branches and
 * "PC-rel. addressing", "Load register (literal)"). */
#include "preload/insn.h"

#define WORD 4u

/* mov x16/x17 is all that a jump may change: the linker's own veneers do. */
#define X16 16u
#define X30 30u /* the return address */

static uint32_t read_word(const unsigned char *code)
{
	return (uint32_t)code[0] | (uint32_t)code[1] << 8 |
	       (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
}

static size_t put_word(unsigned char *to, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(word >> 8 * i);
	return WORD;
}

/* BITS bits of WORD from bit LOW on, as a signed number. */
static int64_t field(uint32_t word, unsigned int low, unsigned int bits)
{
	return (int32_t)(word << (32 - low - bits)) >> (32 - bits);
}

static void set_branch(struct alck_insn *insn, enum alck_insn_kind kind,
		       uintptr_t at, int64_t words)
{
	insn->kind = (uint8_t)kind;
	insn->relative = insn->leads = 1;
	insn->target = at + (uintptr_t)(words * WORD);
}

static int is_adr(uint32_t w)
{
	return (w & 0x9f000000) == 0x10000000;
}

static int is_adrp(uint32_t w)
{
	return (w & 0x9f000000) == 0x90000000;
}

static int is_literal(uint32_t w)
{
	return (w & 0x3b000000) == 0x18000000;
}

/* b.cond, cbz, tbz: which way they go, and how far. */
static int is_conditional(uint32_t w, unsigned int *bits)
{
	if ((w & 0xff000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000) {
		*bits = 19;
		return 1;
	}
	*bits = 14;
	return (w & 0x7e000000) == 0x36000000;
}

static int64_t adr_distance(uint32_t w)
{
	return field(w, 5, 19) * 4 + (w >> 29 & 3);
}

int alck_insn_decode(const unsigned char *code, size_t len, uintptr_t at,
		     struct alck_insn *insn)
{
	unsigned int bits;
	uint32_t w;

	if (len < WORD || at % WORD)
		return -1;
	w = read_word(code);
	*insn = (struct alck_insn){
		.kind = ALCK_INSN_PLAIN,
		.length = WORD,
		.at = at,
	};
	if ((w & 0x7c000000) == 0x14000000) { /* b, bl */
		set_branch(insn, w >> 31 ? ALCK_INSN_CALL : ALCK_INSN_JUMP, at,
			   field(w, 0, 26));
	} else if (is_conditional(w, &bits)) {
		set_branch(insn, ALCK_INSN_CONDITIONAL, at, field(w, 5, bits));
	} else if (is_adr(w)) {
		insn->relative = 1;
		insn->target = at + (uintptr_t)adr_distance(w);
	} else if (is_adrp(w)) {
		insn->relative = 1;
		insn->target = (at & ~(uintptr_t)0xfff) +
			       (uintptr_t)(adr_distance(w) * 4096);
	} else if (is_literal(w)) {
		insn->relative = 1;
		insn->target = at + (uintptr_t)(field(w, 5, 19) * WORD);
	} else if ((w & 0xfe000000) == 0xd6000000) { /* br, blr, ret, ... */
		unsigned int opcode = w >> 21 & 0xf;

		insn->kind = (opcode & 7) == 1	 ? ALCK_INSN_CALL
			     : (opcode & 7) == 0 ? ALCK_INSN_JUMP
						 : ALCK_INSN_RETURN;
		insn->is_fixed = insn->kind == ALCK_INSN_CALL;
	} else if ((w & 0xffe0001f) == 0xd4200000) {
		insn->kind = ALCK_INSN_BREAKPOINT;
	} else if ((w & 0xffe0001f) == 0xd4400000 || w >> 16 == 0) {
		insn->kind = ALCK_INSN_STOP; /* hlt, udf */
	} else if (w == 0xd503201f) {
		insn->kind = ALCK_INSN_PADDING;
	} else if ((w & 0x1e000000) == 0) {
		return -1; /* not allocated, or SME */
	}
	return 0;
}

size_t alck_insn_jump(unsigned char *to, uintptr_t at, uintptr_t target)
{
	int64_t distance = (int64_t)(target - at);

	if (distance % WORD || distance >= ALCK_INSN_REACH ||
	    distance < -ALCK_INSN_REACH)
		return 0;
	return put_word(to,
			0x14000000 | ((uint32_t)(distance / WORD) & 0x3ffffff));
}

/* REG = VALUE: movz, and movk as far as there is something to move. */
static size_t put_constant(unsigned char *to, unsigned int reg, uint64_t value)
{
	size_t n = put_word(to,
			    0xd2800000 | (uint32_t)(value & 0xffff) << 5 | reg);

	for (unsigned int i = 1; i < 4; i++) {
		uint32_t part = (uint32_t)(value >> 16 * i & 0xffff);

		if (part)
			n += put_word(to + n,
				      0xf2800000 | i << 21 | part << 5 | reg);
	}
	return n;
}

size_t alck_insn_jump_far(unsigned char *to, uintptr_t target)
{
	size_t n = put_constant(to, X16, target);

	return n + put_word(to + n, 0xd61f0000 | X16 << 5); /* br x16 */
}

/* ldr, ldrsw and prfm of what lies at a fixed distance: by its address. */
static size_t move_literal(uint32_t w, unsigned char *to, uintptr_t target)
{
	/* ldr w, ldr x, ldrsw x of the same register's address. */
	static const uint32_t loads[] = {0xb9400000, 0xf9400000, 0xb9800000};
	unsigned int reg = w & 31, kind = w >> 30;
	size_t n;

	if (kind == 3 && !(w >> 26 & 1))
		return put_word(to, 0xd503201f); /* a prefetch */
	if (w >> 26 & 1 || reg == 31)
		return 0; /* vector registers */
	n = put_constant(to, reg, target);
	return n + put_word(to + n, loads[kind] | reg << 5 | reg);
}

/* Jumps over two words are: the condition to the second, past it, the way. */
static size_t move_conditional(uint32_t w, unsigned char *to, uintptr_t to_at,
			       uintptr_t target, unsigned int bits)
{
	uint32_t mask = ((1u << bits) - 1) << 5;
	size_t n = put_word(to, (w & ~mask) | 2u << 5), jump;

	n += put_word(to + n, 0x14000002);
	jump = alck_insn_jump(to + n, to_at + n, target);
	return jump ? n + jump : 0;
}

size_t alck_insn_move(const struct alck_insn *insn, const unsigned char *code,
		      unsigned char *to, uintptr_t to_at)
{
	uint32_t w = read_word(code);
	unsigned int bits;

	if (insn->is_fixed || insn->kind == ALCK_INSN_BREAKPOINT)
		return 0;
	if (!insn->relative)
		return put_word(to, w);
	if (insn->kind == ALCK_INSN_CALL) {
		/* Back to where it would have returned to. */
		size_t n = put_constant(to, X30, insn->at + WORD), jump;

		jump = alck_insn_jump(to + n, to_at + n, insn->target);
		return jump ? n + jump : 0;
	}
	if (insn->kind == ALCK_INSN_JUMP)
		return alck_insn_jump(to, to_at, insn->target);
	if (is_conditional(w, &bits))
		return move_conditional(w, to, to_at, insn->target, bits);
	if (is_literal(w))
		return move_literal(w, to, insn->target);
	return put_constant(to, w & 31, insn->target);
}

/* bti c, bti j and bti jc; paciasp and pacibsp are landing pads, too, but do
 * something: they are moved, and stay reachable by calls alone. */
size_t alck_insn_landing(const unsigned char *code, size_t len)
{
	uint32_t w = len >= WORD ? read_word(code) : 0;

	return (w & 0xffffff3f) == 0xd503241f && (w & 0xc0) ? WORD : 0;
}

size_t alck_insn_put_landing(unsigned char *to)
{
	return put_word(to, 0xd503245f); /* bti c */
}
