/* SPDX-License-Identifier: MIT */
/*
 * What the preload library remembers in a process, read from outside: out of a
 * live process or a core (memory.h).  Found by the note of contract/root.h.
 *
 * Offline.  A live process goes on meanwhile, and memory may be damaged: no
 * number in it is trusted, what makes no sense is as if it was not there.
 */
#ifndef ALCK_INSPECT_STATE_H
#define ALCK_INSPECT_STATE_H

#include "inspect/memory.h"

#define ALCK_STATE_STACK 128

struct alck_state;

/* Finds the preload library in MEMORY, which must outlive the state.  Returns
 * NULL with a sentence in WHY (SIZE bytes); else it is the caller's, to
 * alck_state_free. */
struct alck_state *alck_state_new(struct alck_memory *memory, char *why,
				  size_t size);
void alck_state_free(struct alck_state *state);

/* What a report file would hold: the records of the journal, and the modules,
 * allocators and events that it has not yet.  Returns malloc's bytes, *LEN of
 * them, or NULL without memory. */
unsigned char *alck_state_report(struct alck_state *state, size_t *len);

/* Who did something to a block, where. */
struct alck_state_call {
	char api[80]; /* "" where it is not known */
	uint32_t thread;
	uint64_t stack[ALCK_STATE_STACK];
	size_t depth;
};

struct alck_state_block {
	uint64_t begin, size;
	int size_known, live;
	uint32_t owner; /* ID of the provider in the report */
	struct alck_state_call allocated, freed;
};

/* The block that ADDR leads to: it begins there, or ADDR is inside of it, at
 * most 1 MiB from its begin, while it lives.  Returns 1; 0 where none is known;
 * -1 where this library's table cannot be read. */
int alck_state_who(struct alck_state *state, uint64_t addr,
		   struct alck_state_block *block);

/* How long ago a block was handed out. */
struct alck_state_age {
	enum {
		ALCK_STATE_AGE_OFF,	/* the process runs without age=1 */
		ALCK_STATE_AGE_UNKNOWN, /* not kept of this block */
		ALCK_STATE_AGE_LIVE,	/* to 20 ms */
		ALCK_STATE_AGE_CORE,	/* when the core was made: between */
	} kind;
	uint64_t allocated;   /* nanoseconds since the process started */
	uint64_t least, most; /* and how long ago that was; MOST may be 0 for
			       * not known, and of a live process is LEAST */
};

/* When the block that begins at ADDR was handed out goes to *WHEN, nanoseconds
 * since the start.  Returns 1, or 0 where that is not kept. */
int alck_state_allocated(struct alck_state *state, uint64_t addr,
			 uint64_t *when);

/* That of the block which begins at ADDR.  A core does not tell when it was
 * made: not before the newest block's time, nor before END, nanoseconds since
 * the start until which the process is known to have lived, or 0; and not after
 * its file was written last, which may be a copy. */
void alck_state_age(struct alck_state *state, uint64_t addr, uint64_t end,
		    struct alck_state_age *age);

/* What is recorded of the call with number ID.  Returns the number of the
 * allocation before it, if it is a deallocation; else 0. */
uint32_t alck_state_context(struct alck_state *state, uint32_t id,
			    struct alck_state_call *call);
/* The number of its stack alone: the same for equal stacks.  0 without. */
uint32_t alck_state_stack(struct alck_state *state, uint32_t context);

/* A block that is out. */
struct alck_state_live {
	uint64_t addr, size;
	int size_known; /* to the eight bytes; else it has SIZE at least */
	uint32_t owner;
	uint32_t context; /* of its allocation; 0 where it was not kept */
};

/* Calls VISIT for the live blocks that begin in [LOW, HIGH), by address, until
 * it returns non-zero, which is returned; -1 where this library's table cannot
 * be read, or records no blocks (level=guard).  Takes time for what the table
 * holds there and not for how long the stretch is, and the same little memory
 * always. */
int alck_state_each_block(struct alck_state *state, uint64_t low, uint64_t high,
			  int (*visit)(const struct alck_state_live *block,
				       void *data),
			  void *data);

/* An address in the object of provider OWNER; 0 where it is not known. */
uint64_t alck_state_owner(struct alck_state *state, uint32_t owner);

/* Calls VISIT for each stretch of memory that the library has mapped for
 * itself. */
void alck_state_each_own(struct alck_state *state,
			 void (*visit)(uint64_t low, uint64_t high, void *data),
			 void *data);

#endif
