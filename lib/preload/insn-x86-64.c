/* SPDX-License-Identifier: MIT */
/* Instructions of x86-64: see insn.h.  Tables from the opcode maps of the
 * processors' manuals: which opcodes have a ModRM byte and which an immediate.
 * What is not in 64-bit mode, privileged or rare is refused. */
#include "preload/insn.h"

/* What follows an opcode. */
enum {
	M = 0x01,   /* a ModRM byte */
	IB = 0x02,  /* an immediate of one byte */
	IW = 0x04,  /* of two */
	IZ = 0x08,  /* of four, or two with prefix 66 */
	BAD = 0x80, /* no opcode, or none that is expected in a program */
	MB = M | IB,
	MZ = M | IZ,
};

/* clang-format off */
static const uint8_t map_one[256] = {
/* 00 */ M, M, M, M, IB, IZ, BAD, BAD, M, M, M, M, IB, IZ, BAD, BAD,
/* 10 */ M, M, M, M, IB, IZ, BAD, BAD, M, M, M, M, IB, IZ, BAD, BAD,
/* 20 */ M, M, M, M, IB, IZ, BAD, BAD, M, M, M, M, IB, IZ, BAD, BAD,
/* 30 */ M, M, M, M, IB, IZ, BAD, BAD, M, M, M, M, IB, IZ, BAD, BAD,
/* 40 */ BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	 BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, /* REX, read before */
/* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
/* 60 */ BAD, BAD, BAD, M, BAD, BAD, BAD, BAD, IZ, MZ, IB, MB, 0, 0, 0, 0,
/* 70 */ IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB, IB,
/* 80 */ MB, MZ, BAD, MB, M, M, M, M, M, M, M, M, M, M, M, M,
/* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, BAD, 0, 0, 0, 0, 0,
/* a0 */ BAD, BAD, BAD, BAD, 0, 0, 0, 0, IB, IZ, 0, 0, 0, 0, 0, 0,
/* b0 */ IB, IB, IB, IB, IB, IB, IB, IB, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ,
/* c0 */ MB, MB, IW, 0, BAD, BAD, MB, MZ, IW | IB, 0, BAD, BAD, 0, IB, BAD, BAD,
/* d0 */ M, M, M, M, BAD, BAD, BAD, 0, M, M, M, M, M, M, M, M,
/* e0 */ IB, IB, IB, IB, BAD, BAD, BAD, BAD, IZ, IZ, BAD, IB, BAD, BAD, BAD, BAD,
/* f0 */ BAD, 0, BAD, BAD, 0, 0, M, M, 0, 0, BAD, BAD, 0, 0, M, M,
};

static const uint8_t map_0f[256] = {
/* 00 */ BAD, M, M, M, BAD, 0, BAD, BAD, BAD, BAD, BAD, 0, BAD, M, BAD, BAD,
/* 10 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* 20 */ BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, M, M, M, M, M, M, M, M,
/* 30 */ BAD, 0, BAD, 0, BAD, BAD, BAD, BAD,
	 BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, /* 38, 3a: read before */
/* 40 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* 50 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* 60 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* 70 */ MB, MB, MB, MB, M, M, M, 0, BAD, BAD, BAD, BAD, M, M, M, M,
/* 80 */ IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ, IZ,
/* 90 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* a0 */ 0, 0, 0, M, MB, M, BAD, BAD, 0, 0, BAD, M, MB, M, M, M,
/* b0 */ M, M, M, M, M, M, M, M, M, M, MB, M, M, M, M, M,
/* c0 */ M, M, MB, M, MB, MB, MB, M, 0, 0, 0, 0, 0, 0, 0, 0,
/* d0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* e0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
/* f0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
};
/* clang-format on */

/* The opcode maps, as VEX and EVEX number them. */
enum { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_FP16_A = 5, MAP_FP16_B };

/* The instruction, taken apart. */
struct parts {
	const unsigned char *code;
	size_t len, at; /* bytes there, bytes read */
	int narrow;	/* 66: operands of two bytes */
	int repeat;	/* f2 or f3, 0 for neither */
	int rex, wide;	/* REX, and its W: operands of eight bytes */
	int half;	/* 67: addresses of four bytes */
	int is_vector;	/* VEX or EVEX */
	int map;
	uint8_t opcode, modrm;
	size_t rip_at; /* where a distance from the next instruction stands */
};

static int next(struct parts *p)
{
	return p->at < p->len ? p->code[p->at++] : -1;
}

static int peek(const struct parts *p)
{
	return p->at < p->len ? p->code[p->at] : -1;
}

/* Returns 0, or -1 where a prefix is refused. */
static int read_prefixes(struct parts *p)
{
	for (;; p->at++) {
		int byte = peek(p);

		switch (byte) {
		case 0x66:
			p->narrow = 1;
			break;
		case 0xf2:
		case 0xf3:
			p->repeat = byte;
			break;
		case 0xf0: /* lock */
		case 0x2e: /* segments; of cs and ds branches make hints */
		case 0x3e:
		case 0x64:
		case 0x65:
			break;
		case 0x67:
			p->half = 1;
			break;
		case -1:
		case 0x26: /* es, ss: nothing in 64-bit mode */
		case 0x36:
			return -1;
		default:
			if ((byte & 0xf0) == 0x40) {
				p->rex = 1;
				p->wide = (byte & 8) != 0;
				p->at++;
			}
			return 0;
		}
	}
}

static int read_vex(struct parts *p, int first)
{
	int byte = next(p);

	p->is_vector = 1;
	p->map = MAP_0F;
	if (first == 0xc4) {
		p->map = byte & 0x1f;
		byte = next(p);
	} else if (first == 0x62) {
		if (byte < 0 || (byte & 8))
			return -1;
		p->map = byte & 7;
		next(p);
		byte = next(p);
	}
	return byte < 0 || p->map < MAP_0F || p->map == 4 ||
			       p->map > MAP_FP16_B ||
			       (first != 0x62 && p->map > MAP_0F3A)
		       ? -1
		       : 0;
}

static int read_opcode(struct parts *p)
{
	int byte = next(p);

	if (byte == 0xc4 || byte == 0xc5 || byte == 0x62) {
		if (p->narrow || p->repeat || p->rex || read_vex(p, byte))
			return -1;
		byte = next(p);
	} else if (byte == 0x0f) {
		p->map = MAP_0F;
		byte = next(p);
		if (byte == 0x38 || byte == 0x3a) {
			p->map = byte == 0x38 ? MAP_0F38 : MAP_0F3A;
			byte = next(p);
		}
	}
	p->opcode = (uint8_t)byte;
	return byte < 0 ? -1 : 0;
}

static int what_follows(const struct parts *p)
{
	switch (p->map) {
	case MAP_ONE:
		return map_one[p->opcode];
	case MAP_0F:
		return map_0f[p->opcode];
	case MAP_0F3A:
		return MB;
	default:
		return M;
	}
}

static int read_modrm(struct parts *p)
{
	int modrm = next(p), sib, mod, rm;

	if (modrm < 0)
		return -1;
	p->modrm = (uint8_t)modrm;
	mod = modrm >> 6;
	rm = modrm & 7;
	if (mod == 3)
		return 0;
	if (rm == 4) {
		sib = next(p);
		if (sib < 0)
			return -1;
		if (mod == 0 && (sib & 7) == 5)
			mod = 2; /* no base, but a displacement */
	} else if (mod == 0 && rm == 5) {
		if (p->half)
			return -1;
		p->rip_at = p->at;
		mod = 2;
	}
	p->at += mod == 1 ? 1 : mod == 2 ? 4 : 0;
	return 0;
}

static size_t immediate(const struct parts *p, int follows)
{
	size_t full = p->narrow && !p->wide ? 2 : 4, n = 0;
	int reg = p->modrm >> 3 & 7;

	if (follows & IB)
		n += 1;
	if (follows & IW)
		n += 2;
	if (follows & IZ)
		n += full;
	if (p->map != MAP_ONE)
		return n;
	if ((p->opcode & 0xf8) == 0xb8 && p->wide)
		return 8; /* movabs */
	if (p->opcode == 0xf6 && reg < 2)
		return 1; /* test */
	if (p->opcode == 0xf7 && reg < 2)
		return full;
	return n;
}

/* The distance of LENGTH bytes at AT, from END. */
static uintptr_t reached(const unsigned char *at, size_t length, uintptr_t end)
{
	int32_t distance = (int8_t)at[0];

	if (length == 4)
		distance = (int32_t)((uint32_t)at[0] | (uint32_t)at[1] << 8 |
				     (uint32_t)at[2] << 16 |
				     (uint32_t)at[3] << 24);
	return end + (uintptr_t)(intptr_t)distance;
}

static void set_relative(struct alck_insn *insn, const struct parts *p,
			 size_t at, size_t length, uintptr_t from)
{
	insn->relative = 1;
	insn->offset_at = (uint8_t)at;
	insn->offset_length = (uint8_t)length;
	insn->target = reached(p->code + at, length, from + insn->length);
}

/* It goes to where its last LENGTH bytes say, from FROM. */
static void set_branch(struct alck_insn *insn, enum alck_insn_kind kind,
		       const struct parts *p, size_t length, uintptr_t from)
{
	insn->kind = (uint8_t)kind;
	insn->leads = 1;
	set_relative(insn, p, insn->length - length, length, from);
}

/* Instructions of the first map that lead elsewhere, or change the way. */
static int classify_one(struct alck_insn *insn, const struct parts *p,
			uintptr_t at)
{
	int reg = p->modrm >> 3 & 7;

	switch (p->opcode) {
	case 0x70 ... 0x7f:
		set_branch(insn, ALCK_INSN_CONDITIONAL, p, 1, at);
		return 0;
	case 0xe0 ... 0xe3: /* loop, jrcxz: there is no long form */
		set_branch(insn, ALCK_INSN_CONDITIONAL, p, 1, at);
		insn->is_fixed = 1;
		return 0;
	case 0xeb:
		set_branch(insn, ALCK_INSN_JUMP, p, 1, at);
		return 0;
	case 0xe8:
	case 0xe9:
		if (p->narrow)
			return -1; /* differs between makers */
		set_branch(insn,
			   p->opcode == 0xe8 ? ALCK_INSN_CALL : ALCK_INSN_JUMP,
			   p, 4, at);
		return 0;
	case 0xc7:
		return p->modrm == 0xf8 ? -1 : 0; /* xbegin */
	case 0x8f:
		return reg ? -1 : 0; /* XOP */
	case 0xc2:
	case 0xc3:
	case 0xcf:
		insn->kind = ALCK_INSN_RETURN;
		return 0;
	case 0xcc:
	case 0xf1:
		insn->kind = ALCK_INSN_BREAKPOINT;
		return 0;
	case 0xf4:
		insn->kind = ALCK_INSN_STOP;
		return 0;
	case 0x90:
		insn->kind = p->repeat || p->wide ? ALCK_INSN_PLAIN
						  : ALCK_INSN_PADDING;
		return 0;
	case 0xff:
		if (reg == 2 || reg == 3) {
			insn->kind = ALCK_INSN_CALL;
			insn->is_fixed = 1;
		} else if (reg == 4 || reg == 5) {
			insn->kind = ALCK_INSN_JUMP;
		}
		return reg == 7 ? -1 : 0;
	default:
		return 0;
	}
}

static int classify_0f(struct alck_insn *insn, const struct parts *p,
		       uintptr_t at)
{
	switch (p->opcode) {
	case 0x80 ... 0x8f:
		if (p->narrow)
			return -1;
		set_branch(insn, ALCK_INSN_CONDITIONAL, p, 4, at);
		return 0;
	case 0x0b: /* ud2 */
	case 0xb9:
	case 0xff:
		insn->kind = ALCK_INSN_STOP;
		return 0;
	case 0x1f:
		insn->kind = ALCK_INSN_PADDING;
		return 0;
	default:
		return 0;
	}
}

int alck_insn_decode(const unsigned char *code, size_t len, uintptr_t at,
		     struct alck_insn *insn)
{
	struct parts p = {
		.code = code,
		.len = len < ALCK_INSN_MAX - 1 ? len : ALCK_INSN_MAX - 1,
	};
	int follows;

	*insn = (struct alck_insn){.kind = ALCK_INSN_PLAIN, .at = at};
	if (read_prefixes(&p) || read_opcode(&p))
		return -1;
	follows = what_follows(&p);
	/* What VEX and EVEX encode has a ModRM byte, but for vzeroupper. */
	if (follows & BAD || (p.is_vector && !(follows & M) &&
			      !(p.map == MAP_0F && p.opcode == 0x77)))
		return -1;
	if ((follows & M) && read_modrm(&p))
		return -1;
	p.at += immediate(&p, follows);
	if (p.at > p.len)
		return -1;
	insn->length = (uint8_t)p.at;
	if (p.rip_at)
		set_relative(insn, &p, p.rip_at, 4, at);
	if (p.is_vector)
		return 0;
	return p.map == MAP_ONE	 ? classify_one(insn, &p, at)
	       : p.map == MAP_0F ? classify_0f(insn, &p, at)
				 : 0;
}

static int put_distance(unsigned char *to, uintptr_t end, uintptr_t target)
{
	int64_t distance = (int64_t)(target - end);
	uint32_t bits = (uint32_t)distance;

	if (distance != (int32_t)distance)
		return -1;
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(bits >> 8 * i);
	return 0;
}

size_t alck_insn_jump(unsigned char *to, uintptr_t at, uintptr_t target)
{
	to[0] = 0xe9;
	return put_distance(to + 1, at + 5, target) ? 0 : 5;
}

size_t alck_insn_jump_far(unsigned char *to, uintptr_t target)
{
	static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0};
	size_t n = 0;

	/* jmp *0(%rip), and what it reads. */
	for (; n < sizeof(jump); n++)
		to[n] = jump[n];
	for (int i = 0; i < 8; i++)
		to[n++] = (unsigned char)(target >> 8 * i);
	return n;
}

/* A call that returns to where it would have: push *5(%rip), with the address
 * behind the jump that is the rest of it. */
static size_t move_call(const struct alck_insn *insn, uintptr_t back,
			unsigned char *to, uintptr_t to_at)
{
	static const unsigned char push[] = {0xff, 0x35, 5, 0, 0, 0};
	size_t n = 0;

	for (; n < sizeof(push); n++)
		to[n] = push[n];
	if (!alck_insn_jump(to + n, to_at + n, insn->target))
		return 0;
	n += 5;
	for (int i = 0; i < 8; i++)
		to[n++] = (unsigned char)(back >> 8 * i);
	return n;
}

size_t alck_insn_move(const struct alck_insn *insn, const unsigned char *code,
		      unsigned char *to, uintptr_t to_at)
{
	size_t n = insn->length, at = insn->offset_at;

	if (insn->is_fixed || insn->kind == ALCK_INSN_BREAKPOINT)
		return 0;
	if (insn->kind == ALCK_INSN_CALL)
		return move_call(insn, insn->at + n, to, to_at);
	/* Short branches become long ones. */
	if (insn->relative && insn->offset_length == 1) {
		if (insn->kind == ALCK_INSN_JUMP)
			return alck_insn_jump(to, to_at, insn->target);
		to[0] = 0x0f;
		to[1] = (unsigned char)(0x80 | (code[at - 1u] & 0x0f));
		return put_distance(to + 2, to_at + 6, insn->target) ? 0 : 6;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = code[i];
	if (insn->relative && put_distance(to + at, to_at + n, insn->target))
		return 0;
	return n;
}

static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

size_t alck_insn_landing(const unsigned char *code, size_t len)
{
	for (size_t i = 0; i < sizeof(endbr64); i++)
		if (i >= len || code[i] != endbr64[i])
			return 0;
	return sizeof(endbr64);
}

size_t alck_insn_put_landing(unsigned char *to)
{
	for (size_t i = 0; i < sizeof(endbr64); i++)
		to[i] = endbr64[i];
	return sizeof(endbr64);
}
