/* SPDX-License-Identifier: MIT */
/* How old a block is, in somebody else's memory: see state.h and
 * contract/root.h.  Offline. */
#include "config.h"

#include <time.h>

#include "contract/root-table.h"
#include "inspect/state-internal.h"

#define REGION	((UINT64_C(1) << ALCK_ROOT_REGION_BITS) - 1)
#define GRANULE ((UINT64_C(1) << ALCK_ROOT_GRANULE_BITS) - 1)

/* A time as it is kept, in nanoseconds since the start. */
static uint64_t nanoseconds(const struct alck_root_age *a, uint32_t time)
{
	return (uint64_t)(time - 1) << a->shift;
}

/* What is kept of the block at ADDR; 0 for nothing. */
static uint32_t find(struct alck_state *state, uint64_t addr)
{
	const struct alck_root_age *a = &state->root.age;
	uint64_t row, map = 0, leaf = 0;

	if (addr >> ALCK_ROOT_ADDRESS_BITS ||
	    addr & ((UINT64_C(1) << a->step_bits) - 1))
		return 0;
	row = alck_state_word(state, a->root);
	if (row)
		map = alck_state_word(
			state, row + 8 * (addr >> ALCK_ROOT_REGION_BITS));
	if (map)
		leaf = alck_state_word(
			state,
			map + 8 * ((addr & REGION) >> ALCK_ROOT_GRANULE_BITS));
	if (!leaf)
		return 0;
	return alck_state_half(state,
			       leaf + 4 * ((addr & GRANULE) >> a->step_bits));
}

/* How long a live process has lived. */
static uint64_t lived(struct alck_state *state)
{
	uint64_t started = alck_state_word(state, state->root.started), ns;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return ns > started ? ns - started : 0;
}

/* What is known of a core's time. */
static void date_core(struct alck_state *state, uint64_t end,
		      struct alck_state_age *age)
{
	const struct alck_root_age *a = &state->root.age;
	uint32_t newest = alck_state_half(state, a->newest);
	uint64_t born = alck_state_word(state, state->root.started + 8) +
			age->allocated; /* since 1970 */
	uint64_t written = alck_memory_written(state->memory);

	if (newest && nanoseconds(a, newest) > end)
		end = nanoseconds(a, newest);
	if (end > age->allocated)
		age->least = end - age->allocated;
	if (written > born && written - born > age->least)
		age->most = written - born;
}

static int is_kept(const struct alck_root_age *a)
{
	return a->root && a->shift <= 32 &&
	       a->step_bits <= ALCK_ROOT_GRANULE_BITS;
}

int alck_state_allocated(struct alck_state *state, uint64_t addr,
			 uint64_t *when)
{
	const struct alck_root_age *a = &state->root.age;
	uint32_t time = is_kept(a) ? find(state, addr) : 0;

	if (time)
		*when = nanoseconds(a, time);
	return time != 0;
}

void alck_state_age(struct alck_state *state, uint64_t addr, uint64_t end,
		    struct alck_state_age *age)
{
	*age = (struct alck_state_age){ALCK_STATE_AGE_OFF, 0, 0, 0};
	if (!is_kept(&state->root.age))
		return;
	age->kind = ALCK_STATE_AGE_UNKNOWN;
	if (!alck_state_allocated(state, addr, &age->allocated))
		return;
	if (!alck_memory_is_live(state->memory)) {
		age->kind = ALCK_STATE_AGE_CORE;
		date_core(state, end, age);
		return;
	}
	age->kind = ALCK_STATE_AGE_LIVE;
	end = lived(state);
	if (end > age->allocated)
		age->least = age->most = end - age->allocated;
}
