/* SPDX-License-Identifier: MIT */
/*
 * Memory near a module for its detours: one piece a function, with the way to
 * where the detour leads and the instructions that were moved; and what
 * instruction was where, for who must unwind through it.
 *
 * Under the loader's lock, or before main; alck_detour_origin (detour.h) runs
 * anywhere.  Raw system calls only.
 */
#ifndef ALCK_PRELOAD_DETOUR_NEAR_H
#define ALCK_PRELOAD_DETOUR_NEAR_H

#include <stddef.h>
#include <stdint.h>

#include "preload/detour-plan.h"
#include "preload/modules.h"

/* A piece: the way at its beginning, then the moved instructions. */
#define ALCK_PIECE	96UL
#define ALCK_PIECE_CODE 32UL

/* Which instruction of a piece was where. */
struct alck_moved {
	uintptr_t function;
	uint8_t count;
	uint8_t here[ALCK_PLAN_INSNS + 2];  /* from ALCK_PIECE_CODE on */
	uint8_t there[ALCK_PLAN_INSNS + 2]; /* from FUNCTION on */
	uint8_t pushed;	  /* from here on a moved call has its return address */
	uintptr_t called; /* and this remains to be entered */
};

struct alck_near {
	uintptr_t low;	/* 0: not in use */
	uintptr_t high; /* of the pieces; 0 until it is sealed */
	const struct alck_module *module;
	struct alck_moved *moved; /* one a piece, behind them */
	size_t len;		  /* of all */
};

/* Memory for N functions of MODULE, to be written; or NULL. */
struct alck_near *alck_near_new(const struct alck_module *module,
				unsigned int n);

/* From now on it can be run, and not be written.  Returns 0, or -1 where the
 * kernel refuses: then it is gone. */
int alck_near_seal(struct alck_near *near, unsigned int n);

static inline uintptr_t alck_near_piece(const struct alck_near *near,
					unsigned int i)
{
	return near->low + i * ALCK_PIECE;
}

#endif
