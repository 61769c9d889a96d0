/* SPDX-License-Identifier: MIT */
/*
 * Instructions, as far as the first ones of a function must be understood to
 * be moved elsewhere: how long each is, where it leads, and which of its
 * bytes count from its own address.  One file a processor: insn-*.c.
 *
 * Pure functions over bytes; they run anywhere and are signal-safe.  Whatever
 * is not known for certain is refused.
 */
#ifndef ALCK_PRELOAD_INSN_H
#define ALCK_PRELOAD_INSN_H

#include <stddef.h>
#include <stdint.h>

enum alck_insn_kind {
	ALCK_INSN_PLAIN,       /* goes on with the next one */
	ALCK_INSN_PADDING,     /* the same, and does nothing */
	ALCK_INSN_CALL,	       /* comes back behind itself, also if moved */
	ALCK_INSN_CONDITIONAL, /* may go to TARGET, or on */
	ALCK_INSN_JUMP,	       /* goes to TARGET, or who knows where */
	ALCK_INSN_RETURN,
	ALCK_INSN_STOP, /* goes nowhere: ud2, hlt */
	ALCK_INSN_BREAKPOINT,
};

struct alck_insn {
	uint8_t kind;	   /* enum alck_insn_kind */
	uint8_t length;	   /* in bytes */
	uint8_t is_fixed;  /* cannot be moved */
	uint8_t relative;  /* TARGET, which it reads or goes to, is counted
			    * from where it stands */
	uint8_t leads;	   /* and TARGET is where it goes */
	uint8_t offset_at; /* x86-64: where in it that distance stands */
	uint8_t offset_length;
	uintptr_t at, target;
};

/* Bytes of a jump, and how far it goes, to either side. */
#if defined(__x86_64__)
#define ALCK_INSN_CALL_PUSHED                          \
	6 /* of a moved call: the return address is in \
	   */
#define ALCK_INSN_JUMP_LENGTH 5
#define ALCK_INSN_REACH	      (INT64_C(1) << 31)
#elif defined(__aarch64__)
#define ALCK_INSN_JUMP_LENGTH 4
#define ALCK_INSN_REACH	      (INT64_C(1) << 27)
#endif

/* The longest instruction, the longest that one becomes when it is moved, and
 * the longest jump to anywhere. */
#define ALCK_INSN_MAX	    16
#define ALCK_INSN_MOVED_MAX 24
#define ALCK_INSN_FAR_MAX   24

/* Reads the instruction at CODE, of which LEN bytes are there, and which
 * stands (or will stand) at address AT.  Returns 0, or -1 where it is none
 * that is known. */
int alck_insn_decode(const unsigned char *code, size_t len, uintptr_t at,
		     struct alck_insn *insn);

/* May a call of or a jump to a function begin at CODE? */
static inline int alck_insn_may_lead(const unsigned char *code)
{
#if defined(__x86_64__)
	return (code[0] & 0xfe) == 0xe8;
#else
	return (code[3] & 0x7c) == 0x14;
#endif
}

/* Writes to TO (room for ALCK_INSN_MOVED_MAX), for running at TO_AT, what does
 * there what INSN at CODE does at its own place.  Returns its bytes, or 0 where
 * there is no such thing. */
size_t alck_insn_move(const struct alck_insn *insn, const unsigned char *code,
		      unsigned char *to, uintptr_t to_at);

/* Writes to TO, for running at AT, a jump to TARGET.  Returns its bytes, or 0
 * where TARGET is too far away. */
size_t alck_insn_jump(unsigned char *to, uintptr_t at, uintptr_t target);

/* The same to anywhere (room for ALCK_INSN_FAR_MAX).  Changes no register that
 * a call passes anything in. */
size_t alck_insn_jump_far(unsigned char *to, uintptr_t target);

/* Bytes of the landing pad at CODE, by which indirect calls must come in where
 * the processor checks them (endbr64, bti); 0 for none. */
size_t alck_insn_landing(const unsigned char *code, size_t len);

/* Writes a landing pad to TO.  Returns its bytes. */
size_t alck_insn_put_landing(unsigned char *to);

#endif
