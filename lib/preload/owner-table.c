/* SPDX-License-Identifier: MIT */
/*
 * The ownership table: see owner-table.h for the words and their changes.
 * Runs in the checked program, everywhere; signal-safe, without locks.
 */
#include "preload/owner-table.h"
#include "preload/owner-grow.h"
#include "preload/owner-pieces.h"
#include "preload/owner-word.h"
#include "preload/page-table.h"

/* Where a block of this size begins, more will. */
#define SMALL_MAX 256

#define BACK_LIMIT (UINT64_C(1) << 20) /* of find_inside */

/*
 * A pair of half records:
 *   63-62 0   61 1   60 0   59-30 the one at +8   29-0 the one at +0
 *   each: 29-28 state   27-23 owner   22-0 context
 */
#define HALF_BITS	  30
#define HALF_MASK	  ((UINT64_C(1) << HALF_BITS) - 1)
#define HALF_STATE_SHIFT  28
#define HALF_OWNER_SHIFT  23
#define HALF_CONTEXT_MASK ((UINT64_C(1) << 23) - 1)
/* Their states are those of a word; 0: no block began there. */

uintptr_t alck_table_root[ALCK_TABLE_REGIONS];
uint32_t alck_table_wide;

/* Regions in which some block was not noted: a miss there says nothing. */
static uint64_t lossy[ALCK_TABLE_REGIONS / 64];

static uint64_t untracked;

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static int is_lossy(uintptr_t addr)
{
	uint64_t region = addr >> ALCK_TABLE_REGION_BITS;

	return __atomic_load_n(&lossy[region / 64], __ATOMIC_RELAXED) >>
		       (region % 64) &
	       1;
}

static void set_lossy(uintptr_t addr)
{
	uint64_t region = addr >> ALCK_TABLE_REGION_BITS;

	if (!is_lossy(addr))
		__atomic_fetch_or(&lossy[region / 64],
				  UINT64_C(1) << (region % 64),
				  __ATOMIC_RELAXED);
}

/* ---------------------------------------------------------- what words say */

static enum alck_word_state state_of(uint64_t word)
{
	return word >> ALCK_WORD_STATE_SHIFT;
}

/* WORD, a record, with another STATE and CONTEXT. */
static uint64_t with(uint64_t word, enum alck_word_state state,
		     uint32_t context)
{
	uint64_t mask = ALCK_WORD_CONTEXT_MASK << ALCK_WORD_CONTEXT_SHIFT |
			UINT64_C(3) << ALCK_WORD_STATE_SHIFT;

	return (word & ~mask) | (uint64_t)state << ALCK_WORD_STATE_SHIFT |
	       (context & ALCK_WORD_CONTEXT_MASK) << ALCK_WORD_CONTEXT_SHIFT;
}

static int is_record(uint64_t word)
{
	return state_of(word) != 0;
}

static int is_link(uint64_t word)
{
	return word && alck_word_is_link(word);
}

static int is_pair(uint64_t word)
{
	return !is_record(word) && (word & ALCK_WORD_HALF);
}

static int is_at(uint64_t record, uintptr_t addr)
{
	return !(addr & 8) &&
	       (record >> ALCK_WORD_PLACE_SHIFT & ALCK_WORD_PLACE_MASK) ==
		       (addr >> 4 & ALCK_WORD_PLACE_MASK);
}

static unsigned half_shift(uintptr_t addr)
{
	return addr & 8 ? HALF_BITS : 0;
}

static uint64_t half_of(uint64_t pair, uintptr_t addr)
{
	return pair >> half_shift(addr) & HALF_MASK;
}

static enum alck_word_state half_state(uint64_t pair, uintptr_t addr)
{
	return half_of(pair, addr) >> HALF_STATE_SHIFT;
}

static uint64_t half_record(enum alck_word_state state, uint32_t owner,
			    uint32_t context)
{
	if (context > HALF_CONTEXT_MASK)
		context = 0;
	return (uint64_t)state << HALF_STATE_SHIFT |
	       (owner & ALCK_WORD_OWNER_MASK) << HALF_OWNER_SHIFT | context;
}

/* PAIR with the half of ADDR replaced by RECORD. */
static uint64_t with_half(uint64_t pair, uintptr_t addr, uint64_t record)
{
	unsigned shift = half_shift(addr);

	return (pair & ~(HALF_MASK << shift)) | record << shift;
}

/* The pair that says of the block at +0 what RECORD (or 0) says.  Where that
 * was live and known to be longer than 8 bytes, its end passed us by: the
 * allocator has just given the second half away. */
static uint64_t split_record(uint64_t record)
{
	enum alck_word_state state = state_of(record);
	uint64_t size = record & ALCK_WORD_SIZE_MASK; /* and one */

	if (!record)
		return ALCK_WORD_HALF;
	if (state == ALCK_WORD_LIVE && size > 8 + 1 &&
	    size != ALCK_WORD_SIZE_MASK)
		state = ALCK_WORD_REMOVED;
	return ALCK_WORD_HALF | half_record(state,
					    record >> ALCK_WORD_OWNER_SHIFT &
						    ALCK_WORD_OWNER_MASK,
					    alck_word_context(record));
}

enum alck_seen alck_table_decode(uint64_t word, uintptr_t addr,
				 struct alck_block *block)
{
	enum alck_word_state state = 0;

	if (is_pair(word)) {
		uint64_t record = half_of(word, addr);

		state = half_state(word, addr);
		*block = (struct alck_block){
			.size = 8,
			.context = record & HALF_CONTEXT_MASK,
			.owner = record >> HALF_OWNER_SHIFT &
				 ALCK_WORD_OWNER_MASK,
			.half = 1,
			.word = word,
		};
	} else {
		*block = (struct alck_block){
			.size = (word & ALCK_WORD_SIZE_MASK) - 1,
			.context = alck_word_context(word),
			.owner = word >> ALCK_WORD_OWNER_SHIFT &
				 ALCK_WORD_OWNER_MASK,
			.size_exact = (word & ALCK_WORD_SIZE_MASK) !=
				      ALCK_WORD_SIZE_MASK,
			.word = word,
		};
		if (is_record(word) && is_at(word, addr))
			state = state_of(word);
	}
	if (!state)
		return ALCK_NEVER_SEEN;
	block->live = state == ALCK_WORD_LIVE;
	block->freed = state == ALCK_WORD_FREED;
	return block->live ? ALCK_LIVE : ALCK_ALREADY_FREED;
}

/*
 * Is the word for ADDR one in which there may have been a twin that is no more?
 * Into a leaf for 32 bytes each the owner's blocks are stored without a look at
 * the word, where the link did not say "twins" just before.
 */
static int is_overwritten(uintptr_t addr)
{
	uintptr_t map = alck_table_map(addr);
	uint64_t word = map ? __atomic_load_n(alck_table_granule(map, addr),
					      __ATOMIC_ACQUIRE)
			    : 0;

	if (!is_link(word) || !(word & ALCK_LEAF_TWINS))
		return 0;
	return is_record(
		__atomic_load_n(alck_leaf_word(word, addr), __ATOMIC_RELAXED));
}

/* Nothing is known of ADDR. */
static enum alck_seen miss(uintptr_t addr)
{
	return is_lossy(addr) || is_overwritten(addr) ? ALCK_UNTRACKED
						      : ALCK_NEVER_SEEN;
}

/* The word of the leaf that LINK leads to; it may be a link to a twin. */
static uint64_t *in_leaf(uint64_t link, uintptr_t addr, uint64_t *word)
{
	uint64_t *at = alck_leaf_word(link, addr);

	*word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	return at;
}

/* Where what is known of ADDR stands, with what stands there in *WORD; NULL
 * where nothing is. */
static uint64_t *find(uintptr_t addr, uint64_t *word)
{
	uintptr_t map =
		addr >> ALCK_TABLE_ADDRESS_BITS ? 0 : alck_table_map(addr);
	uint64_t *at;

	if (!map)
		return NULL;
	at = alck_table_granule(map, addr);
	*word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	if (is_link(*word))
		at = in_leaf(*word, addr, word);
	if (is_link(*word)) {
		at = (uint64_t *)(uintptr_t)*word + (addr >> 4 & 1);
		*word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	}
	return at;
}

/* ------------------------------------------------------------------ install */

struct install {
	uintptr_t addr;
	uint64_t size;
	uint32_t owner, context;
};

static uint64_t record_of(const struct install *in)
{
	uint64_t size = in->size < ALCK_WORD_SIZE_MASK
				? in->size
				: ALCK_WORD_SIZE_MASK - 1;

	return alck_word(alck_word_base(alck_word_live(in->owner),
					in->context & ALCK_WORD_CONTEXT_MASK),
			 in->addr, size);
}

/* May it have a neighbour in its 16 bytes?  Of some the size is not known
 * (strdup's). */
static int is_half(const struct install *in)
{
	return in->size <= 8 || in->addr & 8 || in->size == UINT64_MAX;
}

/* Does it leave the word OLD nothing to tell of?  One whose neighbour is out
 * has 8 bytes, whatever is known of its size. */
static int is_all_of(const struct install *in, uint64_t old)
{
	return !(in->addr & 8) &&
	       (!is_pair(old) ||
		(in->size == UINT64_MAX &&
		 half_state(old, in->addr ^ 8) != ALCK_WORD_LIVE));
}

static int is_wide(const struct install *in)
{
	return alck_table_wide >> in->owner & 1;
}

/* Into a word that is for 16 bytes alone: of a narrow leaf, or of a twin. */
static void put(uint64_t *at, const struct install *in)
{
	uint64_t old, word;

	if (!is_half(in)) {
		__atomic_store_n(at, record_of(in), __ATOMIC_RELEASE);
		return;
	}
	/* A block that may have a neighbour in its 16 bytes. */
	old = __atomic_load_n(at, __ATOMIC_RELAXED);
	do {
		if (is_all_of(in, old))
			word = record_of(in);
		else
			word = with_half(is_pair(old) ? old : split_record(old),
					 in->addr,
					 half_record(ALCK_WORD_LIVE, in->owner,
						     in->context));
	} while (!__atomic_compare_exchange_n(
		at, &old, word, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

static int put_in_leaf(uint64_t *granule, uint64_t link,
		       const struct install *in)
{
	uint64_t *at = alck_leaf_word(link, in->addr), word;

	if ((link & 7) == ALCK_LEAF_NARROW) {
		put(at, in);
		return 0;
	}
	while (!is_wide(in) || link & ALCK_LEAF_TWINS) {
		word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
		if (is_link(word)) {
			put((uint64_t *)(uintptr_t)word + (in->addr >> 4 & 1),
			    in);
			return 0;
		}
		if (!is_wide(in)) {
			if (alck_grow_twin(granule, at, word))
				return -1;
		} else if (alck_word_change(at, word, record_of(in))) {
			return 0;
		}
	}
	/* As the hot path does it.  Where there are no twins the word was not
	 * looked at: its page may be fresh (owner-grow.h). */
	__atomic_store_n(at, record_of(in), __ATOMIC_RELEASE);
	return 0;
}

/* A leaf in place of OLD, which was in *AT: as wide as the owner of the block
 * to come allows. */
static int make_leaf(uint64_t *at, uint64_t old, const struct install *in)
{
	uint32_t owner = old >> ALCK_WORD_OWNER_SHIFT & ALCK_WORD_OWNER_MASK;

	return alck_grow_leaf(at, in->addr, old,
			      is_wide(in) && (!old || owner == in->owner));
}

static int put_in_granule(uint64_t *at, const struct install *in)
{
	for (;;) {
		uint64_t word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
		int alone;

		if (is_link(word))
			return put_in_leaf(at, word, in);
		/* A tombstone makes room for a block that is not small: its
		 * memory belongs to somebody else by now. */
		alone = !is_half(in) &&
			(word ? is_at(word, in->addr) ||
					 (in->size > SMALL_MAX &&
					  state_of(word) == ALCK_WORD_FREED)
			      : in->size > SMALL_MAX);
		if (alone && alck_word_change(at, word, record_of(in)))
			return 0;
		if (!alone && make_leaf(at, word, in))
			return -1;
	}
}

int alck_table_install(uintptr_t addr, uint64_t size, uint32_t owner,
		       uint32_t context)
{
	struct install in = {addr, size, owner, context};
	uint64_t *granule;

	if (alck_by_page) {
		if (!alck_page_install(addr, owner))
			return 0;
		goto lost;
	}
	if (addr >> ALCK_TABLE_ADDRESS_BITS)
		goto lost;
	granule = alck_grow_map(addr);
	if (granule && !put_in_granule(granule, &in))
		return 0;
	set_lossy(addr);
lost:
	count(&untracked);
	return -1;
}

/* ------------------------------------------------------------------- remove */

/* Takes the block at ADDR out.  WANTED: only if it is this owner's; -1: anyway.
 * Returns what became of it, or what was found instead. */
static enum alck_seen remove_block(uintptr_t addr, int wanted,
				   struct alck_block *block)
{
	enum alck_seen seen;
	uint64_t *at, word, next;

	if (alck_by_page)
		return alck_page_remove(addr, wanted, block);
	if (addr >> ALCK_TABLE_ADDRESS_BITS)
		return ALCK_UNTRACKED;
	if (addr & 7)
		return ALCK_NEVER_SEEN;
	for (;;) {
		at = find(addr, &word);
		if (!at)
			return miss(addr);
		seen = alck_table_decode(word, addr, block);
		if (seen == ALCK_NEVER_SEEN)
			return miss(addr);
		if (seen != ALCK_LIVE ||
		    (wanted >= 0 && block->owner != wanted))
			return seen;
		next = is_pair(word)
			       ? with_half(word, addr,
					   half_record(ALCK_WORD_REMOVED,
						       block->owner,
						       block->context))
			       : with(word, ALCK_WORD_REMOVED, block->context);
		if (alck_word_change(at, word, next)) {
			block->word = next;
			return ALCK_REMOVED;
		}
	}
}

enum alck_seen alck_table_remove(uintptr_t addr, struct alck_block *block)
{
	return remove_block(addr, -1, block);
}

enum alck_seen alck_table_take(uintptr_t addr, uint32_t owner,
			       struct alck_block *block)
{
	return remove_block(addr, (int)owner, block);
}

enum alck_seen alck_table_lookup(uintptr_t addr, struct alck_block *block)
{
	enum alck_seen seen;
	uint64_t word;

	if (alck_by_page)
		return alck_page_look(addr, block);
	if (addr >> ALCK_TABLE_ADDRESS_BITS)
		return ALCK_UNTRACKED;
	if (addr & 7)
		return ALCK_NEVER_SEEN;
	if (!find(addr, &word))
		return miss(addr);
	seen = alck_table_decode(word, addr, block);
	return seen == ALCK_NEVER_SEEN ? miss(addr) : seen;
}

/* -------------------------------------------------- tombstone and restore */

/*
 * From what a remove left of the block at ADDR to STATE, CONTEXT, if it is
 * still there.  Meanwhile the granule may have got a leaf, or a neighbour have
 * made a pair of the word.
 */
static void settle(uintptr_t addr, const struct alck_block *removed,
		   enum alck_word_state state, uint32_t context)
{
	uint64_t left = removed->word, word, next, *at;
	uint64_t half = half_record(ALCK_WORD_REMOVED, removed->owner,
				    removed->half || !is_record(left)
					    ? removed->context
					    : alck_word_context(left));

	for (;;) {
		at = find(addr, &word);
		if (!at)
			return;
		if (is_pair(word)) {
			if (half_of(word, addr) != half)
				return;
			next = with_half(
				word, addr,
				half_record(state, removed->owner, context));
		} else {
			if (word != left)
				return;
			next = with(word, state, context);
		}
		if (alck_word_change(at, word, next))
			return;
	}
}

void alck_table_tombstone(uintptr_t addr, const struct alck_block *removed,
			  uint32_t context)
{
	if (!alck_by_page)
		settle(addr, removed, ALCK_WORD_FREED, context);
}

void alck_table_restore(uintptr_t addr, const struct alck_block *removed)
{
	if (alck_by_page)
		alck_page_install(addr, removed->owner);
	else
		settle(addr, removed, ALCK_WORD_LIVE, removed->context);
}

/* -------------------------------------------------------------- find_inside */

/* Does the live block at AT, as WORD says, hold ADDR?  Then it goes to *BLOCK.
 * Returns 1 if so, 0 if there is one that does not, -1 if there is none. */
static int holds(uint64_t word, uintptr_t at, uintptr_t addr,
		 struct alck_block *block)
{
	if (alck_table_decode(word, at, block) != ALCK_LIVE)
		return -1;
	return addr - at < block->size || !block->size_exact || addr == at;
}

int alck_table_find_inside(uintptr_t addr, uintptr_t *start,
			   struct alck_block *block)
{
	uintptr_t low = addr > BACK_LIMIT ? addr - BACK_LIMIT : 0, at;
	uintptr_t map;
	uint64_t word;
	int r;

	if (addr >> ALCK_TABLE_ADDRESS_BITS || alck_by_page)
		return 0;
	/* Near 0 it would come round from above. */
	for (at = addr & ~(uintptr_t)7; at > low && at <= addr; at -= 8) {
		map = alck_table_map(at);
		word = map ? __atomic_load_n(alck_table_granule(map, at),
					     __ATOMIC_RELAXED)
			   : 0;
		if (!word) {
			/* Nothing begins in this granule: on below it. */
			at &= ~(uintptr_t)(ALCK_GRANULE - 1);
			continue;
		}
		if (!find(at, &word))
			continue;
		r = holds(word, at, addr, block);
		if (r < 0)
			continue;
		*start = at;
		return r;
	}
	return 0;
}

void alck_table_counters(struct alck_table_counters *counters)
{
	counters->untracked = __atomic_load_n(&untracked, __ATOMIC_RELAXED);
	alck_grow_counters(&counters->leaves, &counters->refused);
	counters->lost = alck_pieces_lost();
}
