/* SPDX-License-Identifier: MIT */
/*
 * What the ownership table is made of: maps, leaves, twins (owner-word.h), and
 * the table of ages beside it (age-table.h); all zero when they are new, never
 * given back.  Signal-safe, without locks.
 */
#ifndef ALCK_PRELOAD_OWNER_PIECES_H
#define ALCK_PRELOAD_OWNER_PIECES_H

#include <stddef.h>
#include <stdint.h>

enum alck_piece {
	ALCK_PIECE_MAP,
	ALCK_PIECE_NARROW,   /* a leaf of words for 16 bytes each */
	ALCK_PIECE_WIDE,     /* and of words for 32 */
	ALCK_PIECE_TWIN,     /* two words for 16 in place of one for 32 */
	ALCK_PIECE_TIME_MAP, /* of age-table.c: a word for each granule */
	ALCK_PIECE_TIMES,    /* and a time for each 16 bytes of one */
	ALCK_PIECES
};

/* The address of N new ones, one behind the other, or 0 when memory is
 * refused. */
uintptr_t alck_pieces_make(enum alck_piece kind, unsigned n);

/* N of them, one behind the other and all zero, are not needed after all: they
 * are kept for the next who wants some.  Lost: since somebody else has made the
 * same at the same time. */
void alck_pieces_keep(enum alck_piece kind, uintptr_t pieces, unsigned n);
void alck_pieces_lose(enum alck_piece kind, uintptr_t pieces, unsigned n);

size_t alck_piece_size(enum alck_piece kind);

/* How often some were lost. */
uint64_t alck_pieces_lost(void);

#endif
