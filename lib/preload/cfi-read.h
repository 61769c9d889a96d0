/* SPDX-License-Identifier: MIT */
/* Reading unwind tables piece by piece, never past the end of a piece.
 * Signal-safe. */
#ifndef ALCK_PRELOAD_CFI_READ_H
#define ALCK_PRELOAD_CFI_READ_H

#include <stddef.h>
#include <stdint.h>

/* A part of a table; a read past its end gives 0 and sets BAD. */
struct alck_part {
	const uint8_t *at, *end;
	int bad;
};

static inline uint64_t alck_part_get(struct alck_part *p, unsigned size)
{
	uint64_t value = 0;
	unsigned i;

	if ((size_t)(p->end - p->at) < size) {
		p->bad = 1;
		p->at = p->end;
		return 0;
	}
	for (i = 0; i < size; i++)
		value |= (uint64_t)p->at[i] << 8 * i;
	p->at += size;
	return value;
}

static inline void alck_part_skip(struct alck_part *p, uint64_t size)
{
	if ((uint64_t)(p->end - p->at) < size) {
		p->bad = 1;
		size = (uint64_t)(p->end - p->at);
	}
	p->at += size;
}

static inline uint64_t alck_part_leb(struct alck_part *p, int is_signed)
{
	uint64_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = alck_part_get(p, 1);
		if (shift < 64)
			value |= (byte & 127) << shift;
		shift += 7;
	} while (byte & 128 && !p->bad);
	if (is_signed && byte & 64 && shift < 64)
		value |= ~UINT64_C(0) << shift;
	return value;
}

static inline uint64_t alck_part_uleb(struct alck_part *p)
{
	return alck_part_leb(p, 0);
}

static inline int64_t alck_part_sleb(struct alck_part *p)
{
	return (int64_t)alck_part_leb(p, 1);
}

/* DW_EH_PE_: how a pointer is written in the low four bits, what it counts
 * from in the next three. */
enum {
	ALCK_PE_OMIT = 0xff,
	ALCK_PE_FORMAT = 0x0f,
	ALCK_PE_FROM = 0x70,
	ALCK_PE_FROM_HERE = 0x10,
	ALCK_PE_FROM_TABLE = 0x30,
	ALCK_PE_INDIRECT = 0x80,
};

static inline uint64_t alck_part_pointer(struct alck_part *p, unsigned how,
					 uint64_t table)
{
	uint64_t here = (uint64_t)(uintptr_t)p->at, value;

	if (how == ALCK_PE_OMIT)
		return 0;
	switch (how & ALCK_PE_FORMAT) {
	case 0x0: /* a machine word */
	case 0x4:
	case 0xc:
		value = alck_part_get(p, 8);
		break;
	case 0x1:
		value = alck_part_uleb(p);
		break;
	case 0x9:
		value = (uint64_t)alck_part_sleb(p);
		break;
	case 0x2:
		value = alck_part_get(p, 2);
		break;
	case 0xa:
		value = (uint64_t)(int16_t)alck_part_get(p, 2);
		break;
	case 0x3:
		value = alck_part_get(p, 4);
		break;
	case 0xb:
		value = (uint64_t)(int32_t)alck_part_get(p, 4);
		break;
	default:
		p->bad = 1;
		return 0;
	}
	if ((how & ALCK_PE_FROM) == ALCK_PE_FROM_HERE)
		value += here;
	else if ((how & ALCK_PE_FROM) == ALCK_PE_FROM_TABLE)
		value += table;
	return value;
}

#endif
