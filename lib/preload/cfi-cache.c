/* SPDX-License-Identifier: MIT */
/* The unwind rules found so far: see cfi-cache.h.  Signal-safe. */
#include "preload/cfi-cache.h"
#include "preload/cfi-rule.h"
#include "preload/modules.h"

#define FIRST_BITS 9
#define TAG_SHIFT  47 /* what no address has */
#define NO_MODULE  (UINT64_C(1) << 63)

struct alck_cfi_slot alck_cfi_cache[1u << ALCK_CFI_CACHE_BITS];
uint32_t alck_cfi_cache_shift = 64 - FIRST_BITS;

static uint32_t kept; /* since the cache has its size */

/* Modules unloaded so far, above the generation for which they were counted. */
static uint64_t epoch;

static uint64_t unloaded(void)
{
	uint32_t generation = alck_modules_generation(), count = 0, id, n;
	uint64_t known = __atomic_load_n(&epoch, __ATOMIC_RELAXED);
	const struct alck_module *module;

	if ((uint32_t)known == generation)
		return known >> 32;
	n = alck_modules_count();
	for (id = 0; id < n; id++) {
		module = alck_module(id);
		count += module && module->retired;
	}
	__atomic_store_n(&epoch, (uint64_t)count << 32 | generation,
			 __ATOMIC_RELAXED);
	return count;
}

uint64_t alck_cfi_tag(void)
{
	return unloaded() << TAG_SHIFT & ~NO_MODULE;
}

/* What was kept before is found no more, but for what is needed again. */
static void grow(void)
{
	uint32_t shift =
		__atomic_load_n(&alck_cfi_cache_shift, __ATOMIC_RELAXED);

	if (shift <= 64 - ALCK_CFI_CACHE_BITS ||
	    __atomic_add_fetch(&kept, 1, __ATOMIC_RELAXED) <
		    (1u << (64 - shift)) / 2)
		return;
	__atomic_store_n(&kept, 0, __ATOMIC_RELAXED);
	/* Of two threads one shrinks it: both store the same. */
	__atomic_store_n(&alck_cfi_cache_shift,
			 shift - 2 < 64 - ALCK_CFI_CACHE_BITS
				 ? 64 - ALCK_CFI_CACHE_BITS
				 : shift - 2,
			 __ATOMIC_RELAXED);
}

static void keep(size_t slot, uint64_t key, uint64_t rule)
{
	struct alck_cfi_slot *s = &alck_cfi_cache[slot];
	struct alck_cfi_slot *other = &alck_cfi_cache[slot ^ 1];

	__atomic_store_n(&other->rule,
			 __atomic_load_n(&s->rule, __ATOMIC_RELAXED),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&other->check,
			 __atomic_load_n(&s->check, __ATOMIC_RELAXED),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&s->rule, rule, __ATOMIC_RELAXED);
	__atomic_store_n(&s->check, key ^ rule, __ATOMIC_RELAXED);
	grow();
}

uint64_t alck_cfi_find(uintptr_t pc, uint64_t tag)
{
	size_t slot = alck_cfi_slot(pc);
	uint64_t key = pc ^ tag, bare, rule;
	const struct alck_module *module;

	if (alck_cfi_look(slot ^ 1, key, &rule))
		return rule;
	/* Generated code: until a module comes, which may have been there all
	 * the time and yet to be seen. */
	bare = pc ^
	       ((uint64_t)alck_modules_generation() << TAG_SHIFT | NO_MODULE);
	if (alck_cfi_look(slot, bare, &rule) ||
	    alck_cfi_look(slot ^ 1, bare, &rule))
		return rule;
	module = alck_module_at(pc);
	if (module) {
		rule = alck_cfi_rule(module, pc);
		keep(slot, key, rule);
	} else {
		rule = ALCK_CFI_VALID | ALCK_CFI_NONE;
		keep(slot, bare, rule);
	}
	return rule;
}
