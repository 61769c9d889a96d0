/* SPDX-License-Identifier: MIT */
/* Memory that objects map for themselves: see mapped.h. */
#include <stddef.h>
#include <sys/mman.h>

#include "preload/hiding.h"
#include "preload/mapped.h"
#include "preload/text.h"

#define RANGES_MAX 1024
#define PAGE_SIZE  4096UL
#define PATIENCE   10000

/* LOW is 0 where there is none. */
static struct {
	uintptr_t low, high;
	uint32_t module;
} ranges[RANGES_MAX];

static int busy;	 /* somebody is changing them */
static int is_uncertain; /* somebody could not: nothing is known any more */

static int begin_change(void)
{
	/* Not for long: a signal may have come in between. */
	for (int i = 0; i < PATIENCE; i++) {
		if (__atomic_load_n(&is_uncertain, __ATOMIC_RELAXED))
			return 0;
		if (!__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
			return 1;
	}
	__atomic_store_n(&is_uncertain, 1, __ATOMIC_RELEASE);
	return 0;
}

static void end_change(void)
{
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

static void add(uintptr_t low, uintptr_t high, uint32_t module)
{
	for (unsigned int i = 0; i < RANGES_MAX; i++) {
		if (ranges[i].low && ranges[i].module == module &&
		    ranges[i].high == low) {
			ranges[i].high = high; /* it goes on */
			return;
		}
		if (ranges[i].low)
			continue;
		ranges[i].high = high;
		ranges[i].module = module;
		ranges[i].low = low;
		return;
	}
}

/* [LOW, HIGH) is nobody's (any more). */
static void take_out(uintptr_t low, uintptr_t high)
{
	for (unsigned int i = 0; i < RANGES_MAX; i++) {
		uintptr_t l = ranges[i].low, h = ranges[i].high;

		if (!l || high <= l || low >= h)
			continue;
		ranges[i].low = 0;
		if (low > l)
			add(l, low, ranges[i].module);
		if (high < h)
			add(high, h, ranges[i].module);
	}
}

/* Whoever called, if it is an object that might have an allocator we do not
 * know. */
static const struct alck_module *mapper(const struct alck_watched_call *call)
{
	const struct alck_module *m = alck_module_at(call->frame.pc);

	return m && alck_hiding_may(m) ? m : NULL;
}

static int is_named(const struct alck_watched_call *call, const char *name)
{
	return alck_text_begins(call->entry->name, name);
}

void alck_mapped_begin(struct alck_watched_call *call)
{
	const uintptr_t *args = call->args;

	/* Before it is gone, and somebody else may be given it. */
	if ((is_named(call, "munmap") || is_named(call, "mremap")) &&
	    begin_change()) {
		take_out(args[0] & -PAGE_SIZE, args[0] + args[1]);
		end_change();
	}
}

void alck_mapped_end(const struct alck_watched_call *call, uintptr_t result)
{
	const uintptr_t *args = call->args;
	const struct alck_module *m = mapper(call);
	uintptr_t low = result, high = result;

	if (result + PAGE_SIZE < PAGE_SIZE || is_named(call, "munmap"))
		return; /* MAP_FAILED */
	if (is_named(call, "sbrk")) {
		if ((intptr_t)args[0] > 0) {
			high += args[0];
		} else { /* given back */
			low += args[0];
			m = NULL;
		}
	} else if (is_named(call, "mremap")) {
		high += args[2];
	} else {
		high += args[1];
		if (!(args[3] & MAP_ANONYMOUS))
			m = NULL;
	}
	if (low == high || !begin_change())
		return;
	take_out(low, high);
	if (m) {
		alck_module(m->id)->maps = 1;
		add(low, high, m->id);
	}
	end_change();
}

struct alck_module *alck_mapped_by(uintptr_t addr)
{
	struct alck_module *m = NULL;

	if (!begin_change())
		return NULL;
	for (unsigned int i = 0; i < RANGES_MAX && !m; i++)
		if (ranges[i].low && addr >= ranges[i].low &&
		    addr < ranges[i].high)
			m = alck_module(ranges[i].module);
	end_change();
	if (__atomic_load_n(&is_uncertain, __ATOMIC_ACQUIRE))
		return NULL;
	return m && !m->retired && alck_hiding_may(m) ? m : NULL;
}
