/* SPDX-License-Identifier: MIT */
/*
 * The unwind rules found so far, by address: see cfi-rule.h.  Signal-safe.
 *
 * Slots are written without a lock: CHECK is the key mixed with the rule, so a
 * pair of two writers' halves fits no key.  A rule that is not there is worked
 * out again.  The cache begins with a few pages and takes more of its memory as
 * it fills, because the first touch of a page costs more than a thousand
 * look-ups.
 */
#ifndef ALCK_PRELOAD_CFI_CACHE_H
#define ALCK_PRELOAD_CFI_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define ALCK_CFI_CACHE_BITS 16

extern struct alck_cfi_slot {
	uint64_t rule, check;
} alck_cfi_cache[1u << ALCK_CFI_CACHE_BITS]
	__attribute__((visibility("hidden")));

/* From a hash to the slots in use. */
extern uint32_t alck_cfi_cache_shift __attribute__((visibility("hidden")));

/* What belongs into the keys of now: an address says which code it is only as
 * long as no module goes. */
uint64_t alck_cfi_tag(void);

static inline size_t alck_cfi_slot(uintptr_t pc)
{
	return pc * UINT64_C(0x9e3779b97f4a7c15) >>
	       __atomic_load_n(&alck_cfi_cache_shift, __ATOMIC_RELAXED);
}

/* Has SLOT the rule for KEY?  Then that goes to *RULE, else anything. */
static inline int alck_cfi_look(size_t slot, uint64_t key, uint64_t *rule)
{
	const struct alck_cfi_slot *s = &alck_cfi_cache[slot];

	*rule = __atomic_load_n(&s->rule, __ATOMIC_RELAXED);
	return (__atomic_load_n(&s->check, __ATOMIC_RELAXED) ^ *rule) == key;
}

/* The rule at PC, which was not in its slot; TAG as above. */
uint64_t alck_cfi_find(uintptr_t pc, uint64_t tag);

/* The rule at PC (see alck_cfi_rule), TAG being that of now. */
static inline uint64_t alck_cfi_cached(uintptr_t pc, uint64_t tag)
{
	uint64_t rule;

	if (__builtin_expect(alck_cfi_look(alck_cfi_slot(pc), pc ^ tag, &rule),
			     1))
		return rule;
	return alck_cfi_find(pc, tag);
}

#endif
