/* SPDX-License-Identifier: MIT */
/* Memory for detours, near by: see detour-near.h. */
#include <sys/mman.h>

#include "preload/detour-near.h"
#include "preload/detour.h"
#include "preload/insn.h"
#include "preload/sys.h"

#define PAGE_SIZE 4096UL
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define NEAR_STEP  0x10000UL /* at first: then it grows */
#define NEAR_TRIES 4096
#define LOWEST	   0x10000UL /* what mmap_min_addr leaves */
#define NEAR_MAX   64

_Static_assert(ALCK_PIECE_CODE >= 4 + ALCK_INSN_FAR_MAX, "the way has no room");

static struct alck_near all[NEAR_MAX];

/* LEN bytes of memory such that all of MODULE and of them are within reach of
 * each other.  Rather below than above: above a program its heap grows. */
static uintptr_t map_near(const struct alck_module *m, size_t len)
{
	uintptr_t step = NEAR_STEP, reach = ALCK_INSN_REACH - NEAR_STEP;
	uintptr_t down = (m->low & -NEAR_STEP) - NEAR_STEP;
	uintptr_t up = (m->high + 2 * NEAR_STEP) & -NEAR_STEP;

	if (m->high - m->low >= reach)
		return 0;
	for (unsigned int i = 0; i < NEAR_TRIES; i++) {
		uintptr_t at = 0, got;

		if (down >= LOWEST && down < m->low && m->high - down < reach) {
			at = down;
			down -= step;
		} else if (up > m->high && up + len - m->low < reach) {
			at = up;
			up += step;
		} else {
			return 0;
		}
		got = (uintptr_t)alck_sys_mmap(
			(void *)at, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE);
		if (got == at)
			return at;
		/* Kernels before 4.17 take the flag for a wish. */
		if (got)
			alck_sys_munmap((void *)got, len);
		if (i % 64 == 63)
			step += step;
	}
	return 0;
}

struct alck_near *alck_near_new(const struct alck_module *m, unsigned int n)
{
	size_t pieces = n * ALCK_PIECE;

	for (unsigned int i = 0; i < NEAR_MAX; i++) {
		struct alck_near *r = &all[i];

		if (r->low)
			continue;
		r->len = (pieces + n * sizeof(*r->moved) + PAGE_SIZE - 1) &
			 -PAGE_SIZE;
		r->low = map_near(m, r->len);
		r->module = m;
		r->moved = (struct alck_moved *)(r->low + pieces);
		return r->low ? r : NULL;
	}
	return NULL;
}

static void let_go(struct alck_near *r)
{
	uintptr_t low = r->low;

	__atomic_store_n(&r->high, 0, __ATOMIC_RELEASE);
	alck_sys_munmap((void *)low, r->len);
	r->low = 0;
}

int alck_near_seal(struct alck_near *r, unsigned int n)
{
	if (alck_sys_mprotect((void *)r->low, r->len, PROT_READ | PROT_EXEC)) {
		let_go(r);
		return -1;
	}
	__atomic_store_n(&r->high, r->low + n * ALCK_PIECE, __ATOMIC_RELEASE);
	return 0;
}

void alck_detour_forget(const struct alck_module *m)
{
	for (unsigned int i = 0; i < NEAR_MAX; i++)
		if (all[i].high && all[i].module == m)
			let_go(&all[i]);
}

static uintptr_t origin(const struct alck_near *r, uintptr_t pc)
{
	const struct alck_moved *m = &r->moved[(pc - r->low) / ALCK_PIECE];
	uintptr_t at = (pc - r->low) % ALCK_PIECE;
	unsigned int i = 0;

	/* The way to TO changes nothing that an unwinder reads. */
	if (at < ALCK_PIECE_CODE || !m->count)
		return m->function;
	at -= ALCK_PIECE_CODE;
	if (m->pushed && at >= m->pushed)
		return m->called;
	while (i + 1 < m->count && m->here[i + 1] <= at)
		i++;
	return m->function + m->there[i];
}

uintptr_t alck_detour_origin(uintptr_t pc)
{
	for (unsigned int i = 0; i < NEAR_MAX; i++) {
		uintptr_t high =
			__atomic_load_n(&all[i].high, __ATOMIC_ACQUIRE);

		if (pc < high && pc >= all[i].low)
			return origin(&all[i], pc);
	}
	return pc;
}
