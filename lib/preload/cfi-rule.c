/* SPDX-License-Identifier: MIT */
/*
 * .eh_frame_hdr, CIE, FDE and their programs, after the Linux Standard Base
 * and DWARF 2 to 4: see cfi-rule.h.  Runs in the checked program, everywhere;
 * signal-safe.
 *
 * Of all registers only the stack pointer, rbp, rbx and the return address
 * are followed: compilers make the CFA of nothing else, and rbx only in
 * ld.so's lazy binding.
 */
#include <stddef.h>

#include "preload/cfi-read.h"
#include "preload/cfi-rule.h"

enum { REG_RBX = 3, REG_RBP = 6, REG_RSP = 7, REG_RA = 16 };

/* Where the caller's value of a register is. */
struct saved {
	uint8_t kind; /* enum alck_cfi_saved */
	int32_t offset;
};

/* A row of the table that a program of instructions stands for. */
struct row {
	uint8_t cfa_reg;
	struct alck_part
		cfa_expr; /* if its AT is not NULL: instead of the above */
	int64_t cfa_offset;
	struct saved rbp, rbx, ra;
	uint8_t ra_undefined;
};

/* What the CIE says. */
struct common {
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointer_how, is_signal, has_augmentation;
	struct alck_part program;
};

static struct saved *register_in(struct row *row, uint64_t reg)
{
	switch (reg) {
	case REG_RBX:
		return &row->rbx;
	case REG_RBP:
		return &row->rbp;
	case REG_RA:
		return &row->ra;
	default:
		return NULL;
	}
}

static void set_saved(struct row *row, uint64_t reg, enum alck_cfi_saved kind,
		      int64_t offset)
{
	struct saved *saved = register_in(row, reg);

	if (!saved)
		return;
	if (offset != (int32_t)offset)
		kind = ALCK_CFI_LOST;
	saved->kind = kind;
	saved->offset = (int32_t)offset;
	if (reg == REG_RA)
		row->ra_undefined = 0;
}

/* As in the CIE's row; in the CIE itself INITIAL is NULL. */
static void restore(struct row *row, const struct row *initial, uint64_t reg)
{
	struct saved *saved = register_in(row, reg);

	if (!saved || !initial)
		return;
	*saved = *register_in((struct row *)(uintptr_t)initial, reg);
	if (reg == REG_RA)
		row->ra_undefined = initial->ra_undefined;
}

enum {
	OP_DEREF = 0x06,
	OP_AND = 0x1a,
	OP_PLUS = 0x22,
	OP_SHL = 0x24,
	OP_GE = 0x2a,
	OP_LIT0 = 0x30,
	OP_BREG0 = 0x70,
	OP_BREG_RIP = OP_BREG0 + REG_RA,
};

/* Takes an expression off P, as a part of its own. */
static struct alck_part get_block(struct alck_part *p)
{
	struct alck_part block = {0};
	uint64_t size = alck_part_uleb(p);

	block.at = p->at;
	alck_part_skip(p, size);
	block.end = p->at;
	return block;
}

/* A register is saved where the expression says: only rbp + offset is
 * followed, which is how functions that realign the stack say it. */
static void saved_by_expression(struct row *row, uint64_t reg,
				struct alck_part expr)
{
	int64_t offset;

	if (alck_part_get(&expr, 1) == OP_BREG0 + REG_RBP) {
		offset = alck_part_sleb(&expr);
		if (!expr.bad && expr.at == expr.end) {
			set_saved(row, reg, ALCK_CFI_AT_RBP, offset);
			return;
		}
	}
	set_saved(row, reg, ALCK_CFI_LOST, 0);
}

#define REMEMBERED 4 /* rows; compilers nest one deep */

/* Runs the instructions up to the row of PC.  Returns 0, or -1. */
static int run(struct alck_part p, const struct common *common, struct row *row,
	       const struct row *initial, uint64_t loc, uint64_t pc)
{
	struct row remembered[REMEMBERED];
	unsigned depth = 0, op;
	uint64_t reg;

	while (p.at < p.end && !p.bad) {
		op = (unsigned)alck_part_get(&p, 1);
		switch (op >> 6) {
		case 1: /* advance_loc */
			loc += (op & 63) * common->code_align;
			if (loc > pc)
				return 0;
			continue;
		case 2: /* offset */
			set_saved(row, op & 63, ALCK_CFI_AT_CFA,
				  (int64_t)alck_part_uleb(&p) *
					  common->data_align);
			continue;
		case 3: /* restore */
			restore(row, initial, op & 63);
			continue;
		}
		switch (op) {
		case 0x00: /* nop */
			break;
		case 0x01: /* set_loc */
			loc = alck_part_pointer(&p, common->pointer_how, 0);
			if (loc > pc)
				return 0;
			break;
		case 0x02: /* advance_loc1, 2, 4 */
		case 0x03:
		case 0x04:
			loc += alck_part_get(&p, 1u << (op - 2)) *
			       common->code_align;
			if (loc > pc)
				return 0;
			break;
		case 0x05: /* offset_extended */
			reg = alck_part_uleb(&p);
			set_saved(row, reg, ALCK_CFI_AT_CFA,
				  (int64_t)alck_part_uleb(&p) *
					  common->data_align);
			break;
		case 0x06: /* restore_extended */
			restore(row, initial, alck_part_uleb(&p));
			break;
		case 0x07: /* undefined */
			reg = alck_part_uleb(&p);
			set_saved(row, reg, ALCK_CFI_LOST, 0);
			if (reg == REG_RA)
				row->ra_undefined = 1;
			break;
		case 0x08: /* same_value */
			set_saved(row, alck_part_uleb(&p), ALCK_CFI_SAME, 0);
			break;
		case 0x09: /* register */
			set_saved(row, alck_part_uleb(&p), ALCK_CFI_LOST, 0);
			alck_part_uleb(&p);
			break;
		case 0x0a: /* remember_state */
			if (depth == REMEMBERED)
				return -1;
			remembered[depth++] = *row;
			break;
		case 0x0b: /* restore_state */
			if (!depth)
				return -1;
			*row = remembered[--depth];
			break;
		case 0x0c: /* def_cfa */
		case 0x12: /* def_cfa_sf */
			row->cfa_reg = (uint8_t)alck_part_uleb(&p);
			row->cfa_offset = op == 0x0c
						  ? (int64_t)alck_part_uleb(&p)
						  : alck_part_sleb(&p) *
							    common->data_align;
			row->cfa_expr.at = NULL;
			break;
		case 0x0d: /* def_cfa_register */
			row->cfa_reg = (uint8_t)alck_part_uleb(&p);
			row->cfa_expr.at = NULL;
			break;
		case 0x0e: /* def_cfa_offset */
			row->cfa_offset = (int64_t)alck_part_uleb(&p);
			break;
		case 0x13: /* def_cfa_offset_sf */
			row->cfa_offset =
				alck_part_sleb(&p) * common->data_align;
			break;
		case 0x0f: /* def_cfa_expression */
			row->cfa_expr = get_block(&p);
			break;
		case 0x10: /* expression */
			reg = alck_part_uleb(&p);
			saved_by_expression(row, reg, get_block(&p));
			break;
		case 0x11: /* offset_extended_sf */
			reg = alck_part_uleb(&p);
			set_saved(row, reg, ALCK_CFI_AT_CFA,
				  alck_part_sleb(&p) * common->data_align);
			break;
		case 0x14: /* val_offset */
		case 0x15: /* val_offset_sf */
			set_saved(row, alck_part_uleb(&p), ALCK_CFI_LOST, 0);
			alck_part_uleb(&p);
			break;
		case 0x16: /* val_expression */
			set_saved(row, alck_part_uleb(&p), ALCK_CFI_LOST, 0);
			get_block(&p);
			break;
		case 0x2e: /* GNU_args_size: for landing pads alone */
			alck_part_uleb(&p);
			break;
		case 0x2f: /* GNU_negative_offset_extended */
			reg = alck_part_uleb(&p);
			set_saved(row, reg, ALCK_CFI_AT_CFA,
				  -(int64_t)alck_part_uleb(&p) *
					  common->data_align);
			break;
		default:
			return -1;
		}
	}
	return p.bad ? -1 : 0;
}

/* The bytes from AT on that are MODULE's, or none. */
static struct alck_part in_module(const struct alck_module *module,
				  uintptr_t at)
{
	struct alck_part part = {0};

	if (at >= module->low && at < module->high) {
		part.at = (const uint8_t *)at;
		part.end = (const uint8_t *)module->high;
	} else {
		part.bad = 1;
	}
	return part;
}

/* A CIE or an FDE: cut to its length.  Returns -1 for the 64-bit form, which
 * nobody writes, and for the end mark. */
static int cut_entry(struct alck_part *p)
{
	uint64_t len = alck_part_get(p, 4);

	if (p->bad || !len || len == 0xffffffff ||
	    len > (uint64_t)(p->end - p->at))
		return -1;
	p->end = p->at + len;
	return 0;
}

static int read_common(struct alck_part p, struct common *common)
{
	const uint8_t *letters;
	struct alck_part data;
	uint64_t version;

	*common = (struct common){0};
	if (cut_entry(&p) || alck_part_get(&p, 4))
		return -1;
	version = alck_part_get(&p, 1);
	letters = p.at;
	while (alck_part_get(&p, 1))
		;
	common->code_align = alck_part_uleb(&p);
	common->data_align = alck_part_sleb(&p);
	if ((version == 1 ? alck_part_get(&p, 1) : alck_part_uleb(&p)) !=
	    REG_RA)
		return -1;
	if (p.bad || (version != 1 && version != 3))
		return -1;
	if (*letters == 'z') {
		common->has_augmentation = 1;
		data = get_block(&p);
		while (*++letters) {
			switch (*letters) {
			case 'R':
				common->pointer_how =
					(uint8_t)alck_part_get(&data, 1);
				break;
			case 'P':
				alck_part_pointer(
					&data,
					(unsigned)alck_part_get(&data, 1), 0);
				break;
			case 'L':
				alck_part_get(&data, 1);
				break;
			case 'S':
				common->is_signal = 1;
				break;
			case 'B': /* signed return addresses, elsewhere */
				break;
			default: /* its length is known, its meaning not */
				letters = (const uint8_t *)"z";
				break;
			}
		}
		if (data.bad)
			return -1;
	} else if (*letters) {
		return -1;
	}
	common->program = p;
	return p.bad ? -1 : 0;
}

static uint64_t plain(enum alck_cfi_type type)
{
	return ALCK_CFI_VALID | type;
}

/* Packs SAVED in 16 bits; what does not fit is lost. */
static uint64_t pack_saved(struct saved saved)
{
	int32_t words = saved.offset / 8;

	if (saved.offset % 8 || words < -8192 || words > 8191)
		saved.kind = ALCK_CFI_LOST;
	return (uint64_t)saved.kind << 14 | ((uint32_t)words & 0x3fff);
}

static uint64_t pack(enum alck_cfi_type type, int64_t offset,
		     const struct row *row)
{
	int64_t words = offset / 8;

	if (offset % 8 || words < -(1 << 23) || words >= 1 << 23)
		return plain(ALCK_CFI_FAIL);
	/* The stack pointer must grow: alck_unwind_traced goes by it. */
	if (type == ALCK_CFI_RSP && words <= 0)
		return plain(ALCK_CFI_FAIL);
	return ALCK_CFI_VALID | pack_saved(row->rbx) << ALCK_CFI_RBX_SHIFT |
	       pack_saved(row->rbp) << ALCK_CFI_RBP_SHIFT |
	       ((uint64_t)words & 0xffffff) << 4 | type;
}

static int is_literal(uint64_t op)
{
	return op >= OP_LIT0 && op < OP_LIT0 + 32;
}

/*
 * The CFA by an expression.  Two kinds are known: what lies at a register +
 * offset; and that of a PLT, whose entries push once on their way:
 * rsp + A + ((rip & B) >= C) << D.
 */
static uint64_t pack_expression(const struct row *row, uintptr_t pc)
{
	struct alck_part p = row->cfa_expr;
	uint64_t op = alck_part_get(&p, 1), mask, from, shift;
	int64_t offset = alck_part_sleb(&p);

	if (op != OP_BREG0 + REG_RSP && op != OP_BREG0 + REG_RBP)
		return plain(ALCK_CFI_FAIL);
	if (alck_part_get(&p, 1) == OP_DEREF && p.at == p.end)
		return pack(op == OP_BREG0 + REG_RSP ? ALCK_CFI_DEREF_RSP
						     : ALCK_CFI_DEREF_RBP,
			    offset, row);
	p.at--;
	if (op != OP_BREG0 + REG_RSP || alck_part_get(&p, 1) != OP_BREG_RIP ||
	    alck_part_sleb(&p))
		return plain(ALCK_CFI_FAIL);
	mask = alck_part_get(&p, 1);
	if (alck_part_get(&p, 1) != OP_AND)
		return plain(ALCK_CFI_FAIL);
	from = alck_part_get(&p, 1);
	if (alck_part_get(&p, 1) != OP_GE)
		return plain(ALCK_CFI_FAIL);
	shift = alck_part_get(&p, 1);
	if (alck_part_get(&p, 1) != OP_SHL || alck_part_get(&p, 1) != OP_PLUS ||
	    p.bad || p.at != p.end || !is_literal(mask) || !is_literal(from) ||
	    !is_literal(shift))
		return plain(ALCK_CFI_FAIL);
	if ((pc & (mask - OP_LIT0)) >= from - OP_LIT0)
		offset += INT64_C(1) << (shift - OP_LIT0);
	return pack(ALCK_CFI_RSP, offset, row);
}

static uint64_t pack_row(const struct row *row, uintptr_t pc)
{
	if (row->ra_undefined)
		return plain(ALCK_CFI_END);
	if (row->ra.kind != ALCK_CFI_AT_CFA || row->ra.offset != -8)
		return plain(ALCK_CFI_FAIL);
	if (row->cfa_expr.at)
		return pack_expression(row, pc);
	switch (row->cfa_reg) {
	case REG_RSP:
		return pack(ALCK_CFI_RSP, row->cfa_offset, row);
	case REG_RBP:
		return pack(ALCK_CFI_RBP, row->cfa_offset, row);
	case REG_RBX:
		return pack(ALCK_CFI_RBX, row->cfa_offset, row);
	default:
		return plain(ALCK_CFI_FAIL);
	}
}

/* The FDE that may hold PC, by the sorted table of .eh_frame_hdr. */
static struct alck_part find_entry(const struct alck_module *module,
				   uintptr_t pc)
{
	uintptr_t hdr = (uintptr_t)module->eh_frame_hdr;
	struct alck_part p = in_module(module, hdr), row;
	unsigned version, frame_how, count_how, table_how;
	uint64_t count, low = 0, high, middle;
	int64_t key = (int64_t)(pc - hdr);

	version = (unsigned)alck_part_get(&p, 1);
	frame_how = (unsigned)alck_part_get(&p, 1);
	count_how = (unsigned)alck_part_get(&p, 1);
	table_how = (unsigned)alck_part_get(&p, 1);
	alck_part_pointer(&p, frame_how, hdr);
	count = alck_part_pointer(&p, count_how, hdr);
	/* Signed 32-bit offsets from the header: what every linker writes. */
	if (p.bad || version != 1 || table_how != 0x3b || !count ||
	    count > (uint64_t)(p.end - p.at) / 8)
		goto none;
	/* Invariant: row LOW starts at PC or before, row HIGH after it. */
	high = count;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		row = p;
		alck_part_skip(&row, middle * 8);
		if ((int32_t)alck_part_get(&row, 4) <= key)
			low = middle;
		else
			high = middle;
	}
	alck_part_skip(&p, low * 8);
	if ((int32_t)alck_part_get(&p, 4) > key)
		goto none;
	return in_module(module,
			 hdr + (uintptr_t)(int32_t)alck_part_get(&p, 4));
none:
	p.bad = 1;
	return p;
}

/* An FDE that has been read up to its augmentation. */
struct entry {
	struct common common;
	struct alck_part rest;
	uint64_t start, range;
};

/* Reads the one for PC.  Returns a rule without more in it where that is all
 * there is to say; 0 where ENTRY has it. */
static uint64_t read_entry(const struct alck_module *module, uintptr_t pc,
			   struct entry *e)
{
	const uint8_t *at;
	uint64_t back;

	if (!module->eh_frame_hdr)
		return plain(ALCK_CFI_NONE);
	e->rest = find_entry(module, pc);
	if (e->rest.bad)
		return plain(ALCK_CFI_NONE);
	if (cut_entry(&e->rest))
		return plain(ALCK_CFI_FAIL);
	at = e->rest.at;
	back = alck_part_get(&e->rest, 4);
	if (!back ||
	    read_common(in_module(module, (uintptr_t)at - back), &e->common))
		return plain(ALCK_CFI_FAIL);
	e->start = alck_part_pointer(&e->rest, e->common.pointer_how, 0);
	e->range = alck_part_pointer(&e->rest,
				     e->common.pointer_how & ALCK_PE_FORMAT, 0);
	if (e->rest.bad)
		return plain(ALCK_CFI_FAIL);
	return pc < e->start || pc - e->start >= e->range ? plain(ALCK_CFI_NONE)
							  : 0;
}

uint64_t alck_cfi_rule(const struct alck_module *module, uintptr_t pc)
{
	struct row row = {.ra = {ALCK_CFI_AT_CFA, -8}}, initial;
	struct entry e;
	uint64_t rule = read_entry(module, pc, &e);

	if (rule)
		return rule;
	if (e.common.has_augmentation)
		get_block(&e.rest);
	if (e.common.is_signal)
		return plain(ALCK_CFI_SIGNAL);
	if (run(e.common.program, &e.common, &row, NULL, 0, UINT64_MAX))
		return plain(ALCK_CFI_FAIL);
	initial = row;
	if (run(e.rest, &e.common, &row, &initial, e.start, pc))
		return plain(ALCK_CFI_FAIL);
	return pack_row(&row, pc);
}

int alck_cfi_function(const struct alck_module *module, uintptr_t pc,
		      uintptr_t *low, uintptr_t *high)
{
	struct entry e;

	if (read_entry(module, pc, &e))
		return -1;
	*low = e.start;
	*high = e.start + e.range;
	return 0;
}
