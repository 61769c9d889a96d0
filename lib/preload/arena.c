/* SPDX-License-Identifier: MIT */
/* Append-only memory without locks: see arena.h.  Signal-safe. */
#include <sys/mman.h>

#include "preload/arena.h"
#include "preload/sys.h"

#define BITS_MASK 63u /* of chunk.where; chunks are whole pages */

#define BACK_OFF_MAX 16 /* log2 of the most wishes that are skipped */

/* Bytes mapped by all arenas. */
static uint64_t mapped;

uint64_t alck_arena_mapped(void)
{
	return __atomic_load_n(&mapped, __ATOMIC_RELAXED);
}

int alck_arena_limited(void)
{
	return alck_sys_address_limit() != UINT64_MAX;
}

/*
 * Maps LEN bytes.  Without access at first, unlocked, and opened then: after
 * mlockall(MCL_FUTURE) the kernel would fill a writable mapping at once.
 * Without huge pages: a few words are used in most 2 MiB of a leaf, and to
 * clear a huge page takes a hundred microseconds in somebody's malloc.  In a
 * sandbox all that is not dared.
 */
static void *map(uint64_t len, uint64_t limit)
{
	uint64_t total = __atomic_add_fetch(&mapped, len, __ATOMIC_RELAXED);
	void *at;

	if (limit != UINT64_MAX && total > limit / 16)
		goto refused;
	if (alck_sys_sandboxed) {
		at = alck_sys_mmap(NULL, len, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
		if (!at)
			goto refused;
		return at;
	}
	at = alck_sys_mmap(NULL, len, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	if (!at)
		goto refused;
	alck_syscall(SYS_munlock, (long)at, (long)len, 0, 0, 0, 0);
	alck_sys_madvise(at, len, MADV_NOHUGEPAGE);
	if (!alck_sys_mprotect(at, len, PROT_READ | PROT_WRITE))
		return at;
	alck_sys_munmap(at, len);
refused:
	__atomic_sub_fetch(&mapped, len, __ATOMIC_RELAXED);
	return NULL;
}

static void unmap(void *at, uint64_t len)
{
	alck_sys_munmap(at, len);
	__atomic_sub_fetch(&mapped, len, __ATOMIC_RELAXED);
}

/* Is it time to ask the kernel again?  Counting is not exact between threads
 * and need not be. */
static int may_ask(struct alck_arena *arena)
{
	if (__atomic_load_n(&arena->skip, __ATOMIC_RELAXED) <= 0)
		return 1;
	return __atomic_sub_fetch(&arena->skip, 1, __ATOMIC_RELAXED) <= 0;
}

static void back_off(struct alck_arena *arena)
{
	uint32_t n = __atomic_fetch_add(&arena->refusals, 1, __ATOMIC_RELAXED);

	__atomic_store_n(&arena->skip,
			 1 << (n < BACK_OFF_MAX ? n : BACK_OFF_MAX),
			 __ATOMIC_RELAXED);
}

/* log2 of the size for the chunk with number INDEX, at least LEN. */
static unsigned chunk_bits(const struct alck_arena *arena, uint32_t index,
			   size_t len, int limited)
{
	unsigned bits = arena->first_bits + index;

	if (limited)
		bits = arena->first_bits - 3u + index / 16;
	if (bits > arena->last_bits)
		bits = arena->last_bits;
	while ((UINT64_C(1) << bits) < len)
		bits++;
	return bits;
}

/* Makes the chunk with number INDEX be there.  Returns 0, or -1 when memory
 * is refused. */
static int grow(struct alck_arena *arena, uint32_t index, size_t len)
{
	uint64_t limit, none = 0;
	unsigned bits, least;
	void *at;

	if (__atomic_load_n(&arena->chunk[index].where, __ATOMIC_ACQUIRE))
		return 0;
	if (!may_ask(arena))
		return -1;
	limit = alck_sys_address_limit();
	if (arena->free_space && limit != UINT64_MAX)
		return -1;
	bits = chunk_bits(arena, index, len, limit != UINT64_MAX);
	at = map(UINT64_C(1) << bits, limit);
	if (!at) {
		for (least = 12; (UINT64_C(1) << least) < len; least++)
			;
		if (least < bits) {
			bits = least;
			at = map(UINT64_C(1) << bits, limit);
		}
	}
	if (!at) {
		back_off(arena);
		return -1;
	}
	__atomic_store_n(&arena->refusals, 0, __ATOMIC_RELAXED);
	if (!__atomic_compare_exchange_n(&arena->chunk[index].where, &none,
					 (uint64_t)(uintptr_t)at | bits, 0,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		unmap(at, UINT64_C(1) << bits);
	return 0;
}

void *alck_arena_take(struct alck_arena *arena, size_t len, uint32_t *id)
{
	uint32_t index = __atomic_load_n(&arena->current, __ATOMIC_ACQUIRE);
	uint32_t seen;
	uint64_t where, size, offset;

	len = (len + 15) & ~(size_t)15;
	for (;;) {
		if (grow(arena, index, len))
			return NULL;
		where = __atomic_load_n(&arena->chunk[index].where,
					__ATOMIC_ACQUIRE);
		size = UINT64_C(1) << (where & BITS_MASK);
		/* A chunk of somebody's with smaller wishes, when memory is
		 * scarce, is left to him: else two could use up each other's,
		 * down to the last one. */
		offset = len > size
				 ? size
				 : __atomic_fetch_add(&arena->chunk[index].used,
						      len, __ATOMIC_RELAXED);
		if (offset + len <= size) {
			/* The very first piece would have the ID 0. */
			if (id && !index && !offset)
				continue;
			if (id)
				*id = index << ALCK_ARENA_ID_BITS |
				      (uint32_t)(offset >> 4);
			return (void *)(uintptr_t)((where & ~(uint64_t)4095) +
						   offset);
		}
		if (index + 1 == ALCK_ARENA_CHUNKS)
			return NULL;
		if (grow(arena, index + 1, len))
			return NULL;
		seen = index;
		if (__atomic_compare_exchange_n(&arena->current, &seen,
						index + 1, 0, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			index++;
		else
			index = seen;
	}
}

void *alck_arena_at(struct alck_arena *arena, uint32_t id)
{
	uint32_t index = id >> ALCK_ARENA_ID_BITS;
	uint64_t offset = (uint64_t)(id & ((1u << ALCK_ARENA_ID_BITS) - 1))
			  << 4;
	uint64_t where;

	if (!id || index >= ALCK_ARENA_CHUNKS)
		return NULL;
	where = __atomic_load_n(&arena->chunk[index].where, __ATOMIC_ACQUIRE);
	if (!where || offset >= UINT64_C(1) << (where & BITS_MASK) ||
	    offset >= __atomic_load_n(&arena->chunk[index].used,
				      __ATOMIC_RELAXED))
		return NULL;
	return (void *)(uintptr_t)((where & ~(uint64_t)4095) + offset);
}
