/* SPDX-License-Identifier: MIT */
/*
 * The ownership table: see owner-table.h for the words and their changes.
 * Runs in the checked program, everywhere; signal-safe, without locks.
 */
#include "preload/owner-table.h"
#include "preload/arena.h"

#define ADDRESS_BITS 47
#define REGION_BITS  26 /* 64 MiB */
#define REGIONS	     (1u << (ADDRESS_BITS - REGION_BITS))
#define REGION_WORDS (UINT64_C(1) << (REGION_BITS - 4))
#define PART_BITS    16 /* 64 KiB, where memory is scarce */
#define PARTS	     (1u << (REGION_BITS - PART_BITS))
#define PART_WORDS   (UINT64_C(1) << (PART_BITS - 4))

#define BACK_LIMIT (UINT64_C(1) << 20) /* of find_inside */

/*
 * A word for a whole block:
 *   63 freed   62 live   61 half = 0   60-56 owner   55-28 context
 *   27-0 size + 1, so that no word of a block is 0; all ones: more than fits
 *
 * A pair of half records:
 *   63 0   62 0   61 half = 1   60 0   59-30 the one at +8   29-0 the one at +0
 *   each: 29-28 state   27-23 owner   22-0 context
 *
 * The live bit is not the highest one: of a test of the sign gcc makes a
 * compare-and-swap loop, of any other bit a `lock btr`.
 */
#define FREED	      (UINT64_C(1) << 63)
#define LIVE	      (UINT64_C(1) << 62)
#define HALF	      (UINT64_C(1) << 61)
#define OWNER_SHIFT   56
#define OWNER_MASK    UINT64_C(31)
#define CONTEXT_SHIFT 28
#define CONTEXT_MASK  ((UINT64_C(1) << 28) - 1)
#define SIZE_MASK     ((UINT64_C(1) << 28) - 1)

#define HALF_BITS	  30
#define HALF_MASK	  ((UINT64_C(1) << HALF_BITS) - 1)
#define HALF_STATE_SHIFT  28
#define HALF_OWNER_SHIFT  23
#define HALF_CONTEXT_MASK ((UINT64_C(1) << 23) - 1)

enum half_state {
	HALF_NEVER,
	HALF_LIVE,
	HALF_REMOVED, /* context of the allocation */
	HALF_FREED,   /* context of the deallocation */
};

/*
 * One slot for each region: 0, the address of a leaf with all its words, or
 * the address of a row of PARTS leaves plus SPLIT.  A slot is set once.
 */
#define SPLIT 1u

/* The slots lie in rows of 256 GiB, made when a block lies in them: all at once
 * they would take 16 MiB of every process's address space. */
#define ROW_SLOTS 4096u

static uintptr_t *root[REGIONS / ROW_SLOTS];

/* Regions in which some block was not noted: a miss there says nothing. */
static uint64_t lossy[REGIONS / 64];

/* Whole leaves take 32 MiB of address space each; the others little.  To map a
 * chunk takes longer than all else in a growth, so there are 128 leaves in one
 * (where the kernel refuses so much, one).  Whether there is a limit is asked
 * then, and not for each leaf: the two system calls would be most of what a
 * leaf costs, and the time in which two threads can make the same one. */
static struct alck_arena large = {
	.first_bits = 32, .last_bits = 32, .free_space = 1};
static struct alck_arena small = {.first_bits = 20, .last_bits = 24};
static struct alck_arena rows = {.first_bits = 15, .last_bits = 15};

static uint64_t untracked, leaves, refused, lost;

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static int is_lossy(uintptr_t addr)
{
	uint64_t region = addr >> REGION_BITS;

	return __atomic_load_n(&lossy[region / 64], __ATOMIC_RELAXED) >>
		       (region % 64) &
	       1;
}

static void set_lossy(uintptr_t addr)
{
	uint64_t region = addr >> REGION_BITS;

	if (!is_lossy(addr))
		__atomic_fetch_or(&lossy[region / 64],
				  UINT64_C(1) << (region % 64),
				  __ATOMIC_RELAXED);
}

/* Puts MADE into *SLOT unless somebody was faster; returns what is there. */
static uintptr_t publish(uintptr_t *slot, uintptr_t made)
{
	uintptr_t there = 0;

	if (__atomic_compare_exchange_n(slot, &there, made, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		count(&leaves);
		return made;
	}
	count(&lost);
	return there;
}

/*
 * Leaves that lost the race to be published: kept for the next one who needs
 * one.  Under a storm of threads that enter a new region together each makes
 * a leaf, and 32 MiB of address space are not to be thrown away.  A slot holds
 * one leaf; what finds no free slot is let go for good.
 */
static uintptr_t spare[8];

static uintptr_t take_spare(void)
{
	uintptr_t leaf;
	unsigned i;

	for (i = 0; i < sizeof(spare) / sizeof(*spare); i++) {
		if (!__atomic_load_n(&spare[i], __ATOMIC_RELAXED))
			continue;
		leaf = __atomic_exchange_n(&spare[i], 0, __ATOMIC_ACQUIRE);
		if (leaf)
			return leaf;
	}
	return 0;
}

static void keep_spare(uintptr_t leaf)
{
	uintptr_t none;
	unsigned i;

	for (i = 0; i < sizeof(spare) / sizeof(*spare); i++) {
		none = 0;
		if (__atomic_compare_exchange_n(&spare[i], &none, leaf, 0,
						__ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
	}
}

/* What goes into the slot of a region seen for the first time: a whole leaf
 * where address space is free, else a row of parts. */
static uintptr_t grow_region(uintptr_t *slot)
{
	uintptr_t leaf = take_spare(), there;

	if (!leaf)
		leaf = (uintptr_t)alck_arena_take(&large, REGION_WORDS * 8,
						  NULL);
	if (leaf) {
		there = publish(slot, leaf);
		if (there != leaf)
			keep_spare(leaf);
		return there;
	}
	leaf = (uintptr_t)alck_arena_take(&small, PARTS * sizeof(uintptr_t),
					  NULL);
	return leaf ? publish(slot, leaf | SPLIT) : 0;
}

/* The slot of ADDR's region, or NULL where there is no row yet. */
static inline uintptr_t *slot_of(uintptr_t addr)
{
	uint64_t region = addr >> REGION_BITS;
	uintptr_t *row =
		__atomic_load_n(&root[region / ROW_SLOTS], __ATOMIC_ACQUIRE);

	return row ? row + region % ROW_SLOTS : NULL;
}

/* The same, with a row made. */
static uintptr_t *grow_root(uintptr_t addr)
{
	uintptr_t **row = &root[(addr >> REGION_BITS) / ROW_SLOTS];
	uintptr_t *none = NULL, *made;

	made = alck_arena_take(&rows, ROW_SLOTS * sizeof(*made), NULL);
	if (made)
		__atomic_compare_exchange_n(row, &none, made, 0,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	return slot_of(addr);
}

/* The word for ADDR by the long way; with CREATE a missing leaf is made. */
static __attribute__((noinline, cold)) uint64_t *find_slowly(uintptr_t addr,
							     int create)
{
	uintptr_t *slot = slot_of(addr), region, part;

	if (!slot && create)
		slot = grow_root(addr);
	if (!slot)
		return NULL;
	region = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (!region) {
		region = create ? grow_region(slot) : 0;
		if (!region)
			return NULL;
	}
	if (!(region & SPLIT))
		return (uint64_t *)region + (addr >> 4) % REGION_WORDS;
	slot = (uintptr_t *)(region - SPLIT) + (addr >> PART_BITS) % PARTS;
	part = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (!part) {
		if (!create)
			return NULL;
		part = (uintptr_t)alck_arena_take(&small, PART_WORDS * 8, NULL);
		if (!part)
			return NULL;
		part = publish(slot, part);
	}
	return (uint64_t *)part + (addr >> 4) % PART_WORDS;
}

/* The word for ADDR, which is below 2^47, or NULL. */
static inline uint64_t *find(uintptr_t addr, int create)
{
	const uintptr_t *slot = slot_of(addr);
	uintptr_t region = slot ? __atomic_load_n(slot, __ATOMIC_ACQUIRE) : 0;

	if (__builtin_expect(!region || (region & SPLIT), 0))
		return find_slowly(addr, create);
	return (uint64_t *)region + (addr >> 4) % REGION_WORDS;
}

static inline uint64_t whole_word(uint64_t size, uint32_t owner,
				  uint32_t context)
{
	if (size >= SIZE_MASK)
		size = SIZE_MASK - 1;
	return LIVE | (owner & OWNER_MASK) << OWNER_SHIFT |
	       (context & CONTEXT_MASK) << CONTEXT_SHIFT | (size + 1);
}

static uint64_t half_record(enum half_state state, uint32_t owner,
			    uint32_t context)
{
	if (context > HALF_CONTEXT_MASK)
		context = 0;
	return (uint64_t)state << HALF_STATE_SHIFT |
	       (owner & OWNER_MASK) << HALF_OWNER_SHIFT | context;
}

static unsigned half_shift(uintptr_t addr)
{
	return addr & 8 ? HALF_BITS : 0;
}

static enum half_state half_state(uint64_t word, uintptr_t addr)
{
	return word >> (half_shift(addr) + HALF_STATE_SHIFT) & 3;
}

/* WORD, a pair, with the half of ADDR replaced by RECORD. */
static uint64_t with_half(uint64_t word, uintptr_t addr, uint64_t record)
{
	unsigned shift = half_shift(addr);

	return (word & ~(HALF_MASK << shift)) | record << shift;
}

static uint64_t with_state(uint64_t word, uintptr_t addr, enum half_state state)
{
	unsigned shift = half_shift(addr) + HALF_STATE_SHIFT;

	return (word & ~(UINT64_C(3) << shift)) | (uint64_t)state << shift;
}

/* The pair that says of the block at +0 what the whole WORD says.  Where WORD
 * was live and longer than 8 bytes, its end passed us by: the allocator has
 * just given the second half away. */
static uint64_t split_word(uint64_t word)
{
	enum half_state state = HALF_REMOVED;

	if (!word)
		return HALF;
	if (word & FREED)
		state = HALF_FREED;
	else if (word & LIVE && (word & SIZE_MASK) <= 8 + 1)
		state = HALF_LIVE;
	return HALF | half_record(state, word >> OWNER_SHIFT & OWNER_MASK,
				  word >> CONTEXT_SHIFT & CONTEXT_MASK);
}

/* What WORD says of the block at ADDR. */
static inline enum alck_seen decode(uint64_t word, uintptr_t addr,
				    struct alck_block *block)
{
	uint64_t record;

	if (word & HALF) {
		record = word >> half_shift(addr) & HALF_MASK;
		*block = (struct alck_block){
			.size = 8,
			.context = record & HALF_CONTEXT_MASK,
			.owner = record >> HALF_OWNER_SHIFT & OWNER_MASK,
			.live = half_state(word, addr) == HALF_LIVE,
			.freed = half_state(word, addr) == HALF_FREED,
			.half = 1,
			.word = word,
		};
		if (half_state(word, addr) == HALF_NEVER)
			return ALCK_NEVER_SEEN;
	} else {
		*block = (struct alck_block){
			.size = (word & SIZE_MASK) - 1,
			.context = word >> CONTEXT_SHIFT & CONTEXT_MASK,
			.owner = word >> OWNER_SHIFT & OWNER_MASK,
			.live = !!(word & LIVE),
			.freed = !!(word & FREED),
			.size_exact = (word & SIZE_MASK) != SIZE_MASK,
			.word = word,
		};
		if (!word || addr & 8)
			return ALCK_NEVER_SEEN;
	}
	return block->live ? ALCK_LIVE : ALCK_ALREADY_FREED;
}

static enum alck_seen miss(uintptr_t addr)
{
	return is_lossy(addr) ? ALCK_UNTRACKED : ALCK_NEVER_SEEN;
}

/* A block that may have a neighbour in its 16 bytes. */
static void install_small(uint64_t *at, uintptr_t addr, uint64_t size,
			  uint32_t owner, uint32_t context)
{
	uint64_t old = __atomic_load_n(at, __ATOMIC_RELAXED), word;

	do {
		if (!(addr & 8) && !(old & HALF))
			word = whole_word(size, owner, context);
		else
			word = with_half(
				old & HALF ? old : split_word(old), addr,
				half_record(HALF_LIVE, owner, context));
	} while (!__atomic_compare_exchange_n(
		at, &old, word, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

int alck_table_install(uintptr_t addr, uint64_t size, uint32_t owner,
		       uint32_t context)
{
	uint64_t *at = NULL;

	if (!(addr >> ADDRESS_BITS)) {
		at = find(addr, 1);
		if (!at) {
			count(&refused);
			set_lossy(addr);
		}
	}
	if (!at) {
		count(&untracked);
		return -1;
	}
	if (size > 8 && !(addr & 8))
		__atomic_store_n(at, whole_word(size, owner, context),
				 __ATOMIC_RELEASE);
	else
		install_small(at, addr, size, owner, context);
	return 0;
}

/* Removes the block at ADDR from a pair. */
static enum alck_seen remove_half(uint64_t *at, uintptr_t addr,
				  struct alck_block *block)
{
	uint64_t word = __atomic_load_n(at, __ATOMIC_ACQUIRE), next;
	enum alck_seen seen;

	for (;;) {
		seen = decode(word, addr, block);
		if (seen == ALCK_NEVER_SEEN)
			return miss(addr);
		if (seen == ALCK_ALREADY_FREED)
			return seen;
		next = word & HALF ? with_state(word, addr, HALF_REMOVED)
				   : word & ~LIVE;
		if (__atomic_compare_exchange_n(at, &word, next, 0,
						__ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			block->word = next;
			return ALCK_REMOVED;
		}
	}
}

enum alck_seen alck_table_remove(uintptr_t addr, struct alck_block *block)
{
	uint64_t *at;

	if (addr >> ADDRESS_BITS)
		return ALCK_UNTRACKED;
	if (addr & 7)
		return ALCK_NEVER_SEEN;
	at = find(addr, 0);
	if (!at)
		return miss(addr);
	if (addr & 8)
		return remove_half(at, addr, block);
	if (!(__atomic_fetch_and(at, ~LIVE, __ATOMIC_ACQ_REL) & LIVE))
		return remove_half(at, addr, block);
	decode(__atomic_load_n(at, __ATOMIC_RELAXED), addr, block);
	block->live = 1;
	return ALCK_REMOVED;
}

enum alck_seen alck_table_take(uintptr_t addr, uint32_t owner,
			       struct alck_block *block)
{
	enum alck_seen seen;
	uint64_t *at, word;

	if (addr >> ADDRESS_BITS)
		return ALCK_UNTRACKED;
	if (addr & 7)
		return ALCK_NEVER_SEEN;
	at = find(addr, 0);
	if (!at)
		return miss(addr);
	word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	seen = decode(word, addr, block);
	if (seen == ALCK_NEVER_SEEN)
		return miss(addr);
	if (seen != ALCK_LIVE || block->owner != owner)
		return seen;
	if (__builtin_expect(!!(word & HALF), 0) ||
	    !(__atomic_fetch_and(at, ~LIVE, __ATOMIC_ACQ_REL) & LIVE))
		return remove_half(at, addr, block);
	block->word = word & ~LIVE;
	return ALCK_REMOVED;
}

enum alck_seen alck_table_lookup(uintptr_t addr, struct alck_block *block)
{
	enum alck_seen seen;
	uint64_t *at;

	if (addr >> ADDRESS_BITS)
		return ALCK_UNTRACKED;
	if (addr & 7)
		return ALCK_NEVER_SEEN;
	at = find(addr, 0);
	if (!at)
		return miss(addr);
	seen = decode(__atomic_load_n(at, __ATOMIC_ACQUIRE), addr, block);
	return seen == ALCK_NEVER_SEEN ? miss(addr) : seen;
}

/* Changes the half of ADDR to RECORD if it still is what LEFT says. */
static void change_half(uint64_t *at, uintptr_t addr, uint64_t left,
			uint64_t record)
{
	uint64_t word = __atomic_load_n(at, __ATOMIC_RELAXED);
	uint64_t mask = HALF_MASK << half_shift(addr);

	while (word & HALF && !((word ^ left) & mask))
		if (__atomic_compare_exchange_n(
			    at, &word, with_half(word, addr, record), 0,
			    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return;
}

/*
 * From the word that a remove left to TO, which is a word for a whole block.
 * A neighbour may have come meanwhile: then ours is a half record now.
 */
static void change_whole(uint64_t *at, uintptr_t addr, uint64_t left,
			 uint64_t to)
{
	uint64_t word = left;

	if (__atomic_compare_exchange_n(at, &word, to, 0, __ATOMIC_RELEASE,
					__ATOMIC_RELAXED))
		return;
	if (word & HALF)
		change_half(at, addr, split_word(left),
			    split_word(to) & HALF_MASK);
}

void alck_table_tombstone(uintptr_t addr, const struct alck_block *removed,
			  uint32_t context)
{
	uint64_t *at = addr >> ADDRESS_BITS ? NULL : find(addr, 0);
	uint64_t left = removed->word;

	if (!at)
		return;
	if (left & HALF)
		change_half(at, addr, left,
			    half_record(HALF_FREED, removed->owner, context));
	else
		change_whole(at, addr, left,
			     (left & ~(CONTEXT_MASK << CONTEXT_SHIFT)) | FREED |
				     (context & CONTEXT_MASK) << CONTEXT_SHIFT);
}

void alck_table_restore(uintptr_t addr, const struct alck_block *removed)
{
	uint64_t *at = addr >> ADDRESS_BITS ? NULL : find(addr, 0);
	uint64_t left = removed->word;

	if (!at)
		return;
	if (left & HALF)
		change_half(at, addr, left,
			    half_record(HALF_LIVE, removed->owner,
					removed->context));
	else
		change_whole(at, addr, left, left | LIVE);
}

int alck_table_find_inside(uintptr_t addr, uintptr_t *start,
			   struct alck_block *block)
{
	uintptr_t low = addr > BACK_LIMIT ? addr - BACK_LIMIT : 0, at;
	uint64_t *word, value;

	if (addr >> ADDRESS_BITS)
		return 0;
	/* Near 0 it would come round from above. */
	for (at = addr & ~(uintptr_t)7; at > low && at <= addr; at -= 8) {
		word = find(at, 0);
		if (!word) {
			/* Nothing in this part: go on below it. */
			at &= ~((UINT64_C(1) << PART_BITS) - 1);
			continue;
		}
		value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
		if (!value) {
			at &= ~(uintptr_t)15;
			continue;
		}
		if (decode(value, at, block) != ALCK_LIVE)
			continue;
		*start = at;
		return addr - at < block->size || !block->size_exact ||
		       addr == at;
	}
	return 0;
}

void alck_table_counters(struct alck_table_counters *counters)
{
	counters->untracked = __atomic_load_n(&untracked, __ATOMIC_RELAXED);
	counters->leaves = __atomic_load_n(&leaves, __ATOMIC_RELAXED);
	counters->refused = __atomic_load_n(&refused, __ATOMIC_RELAXED);
	counters->lost = __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
