/* SPDX-License-Identifier: MIT */
/* Locks of arenas that are none: see split-lock.h.  Offline. */
#include "report/split-lock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64u
#define LOCK_SIZE  4u
#define HEAP_MASK  (~(uint64_t)((64u << 20) - 1))

/* -------------------------------------------------- what counts bus locks */

/* The names and codes are those of the processors' makers, as perf's event
 * lists have them.  Before Ice Lake Intel's counts split locks alone, which is
 * what matters here. */
static const struct alck_bus_lock_event zen = {"ls_locks.bus_lock", "r0125"};
static const struct alck_bus_lock_event split_lock = {"sq_misc.split_lock",
						      "r10f4"};
static const struct alck_bus_lock_event ice_lake = {"sq_misc.bus_lock",
						    "r10f4"};
static const struct alck_bus_lock_event golden_cove = {"sq_misc.bus_lock",
						       "r102c"};

static const struct row {
	uint8_t model; /* of family 6 */
	const struct alck_bus_lock_event *event;
} intel[] = {
	/* Nehalem, Westmere */
	{0x1a, &split_lock},
	{0x1e, &split_lock},
	{0x1f, &split_lock},
	{0x2e, &split_lock},
	{0x25, &split_lock},
	{0x2c, &split_lock},
	{0x2f, &split_lock},
	/* Sandy Bridge, Ivy Bridge */
	{0x2a, &split_lock},
	{0x2d, &split_lock},
	{0x3a, &split_lock},
	{0x3e, &split_lock},
	/* Haswell, Broadwell */
	{0x3c, &split_lock},
	{0x45, &split_lock},
	{0x46, &split_lock},
	{0x3f, &split_lock},
	{0x3d, &split_lock},
	{0x47, &split_lock},
	{0x56, &split_lock},
	{0x4f, &split_lock},
	/* Skylake and those after it up to Cascade Lake and Comet Lake */
	{0x4e, &split_lock},
	{0x5e, &split_lock},
	{0x8e, &split_lock},
	{0x9e, &split_lock},
	{0xa5, &split_lock},
	{0xa6, &split_lock},
	{0x55, &split_lock},
	/* Ice Lake, Tiger Lake, Rocket Lake */
	{0x7d, &ice_lake},
	{0x7e, &ice_lake},
	{0x6a, &ice_lake},
	{0x6c, &ice_lake},
	{0x8c, &ice_lake},
	{0x8d, &ice_lake},
	{0xa7, &ice_lake},
	/* Sapphire, Emerald and Granite Rapids; the large cores of Alder,
	 * Raptor and Meteor Lake */
	{0x8f, &golden_cove},
	{0xcf, &golden_cove},
	{0xad, &golden_cove},
	{0xae, &golden_cove},
	{0x97, &golden_cove},
	{0x9a, &golden_cove},
	{0xb7, &golden_cove},
	{0xba, &golden_cove},
	{0xbf, &golden_cove},
	{0xaa, &golden_cove},
	{0xac, &golden_cove},
};

const struct alck_bus_lock_event *
alck_bus_lock_event(const struct alck_report_host *h)
{
	if (!h->vendor || !h->cpu_family.set || !h->cpu_model.set)
		return NULL;
	/* Zen 1 and 2 are 23, 3 and 4 are 25, 5 is 26. */
	if (!strcmp(h->vendor, "AuthenticAMD") && h->cpu_family.value >= 23 &&
	    h->cpu_family.value <= 26)
		return &zen;
	if (strcmp(h->vendor, "GenuineIntel") || h->cpu_family.value != 6)
		return NULL;
	for (size_t i = 0; i < sizeof(intel) / sizeof(intel[0]); i++)
		if (intel[i].model == h->cpu_model.value)
			return intel[i].event;
	return NULL;
}

/* ------------------------------------------------------------ the machine */

static const char *or_else(const char *text, const char *instead)
{
	return text && *text ? text : instead;
}

const char *alck_explain_host(struct alck_arena *arena,
			      const struct alck_report_host *h)
{
	const char *model = "";

	if (h->cpu_family.set && h->cpu_model.set)
		model = alck_arena_printf(
			arena, " (%s, family %" PRIu64 ", model %" PRIu64 ")",
			or_else(h->vendor, "unknown vendor"),
			h->cpu_family.value, h->cpu_model.value);
	return alck_arena_printf(
		arena, "%s%s, Linux %s%s",
		or_else(h->processor, "an unknown processor"),
		model ? model : "", or_else(h->kernel, "of unknown release"),
		!h->hypervisor.set    ? ""
		: h->hypervisor.value ? ", under a hypervisor"
				      : ", under no hypervisor");
}

/* What the kernel does at a split lock; its documentation,
 * x86/buslock.rst. */
static const char *detection(struct alck_arena *arena,
			     const struct alck_report_host *h)
{
	const char *mode = or_else(h->split_lock_mode, "warn");

	if (!h->split_lock_detect.set && !h->bus_lock_detect.set)
		return "whether this machine notices split locks is not known";
	if (!h->split_lock_detect.value && !h->bus_lock_detect.value)
		return h->hypervisor.value
			       ? "the processor that this guest sees has "
				 "neither split_lock_detect nor "
				 "bus_lock_detect: here nothing notices a "
				 "split lock, but the host may"
			       : "the processor has neither split_lock_detect "
				 "nor bus_lock_detect: nothing notices a split "
				 "lock";
	if (!strcmp(mode, "off"))
		return "the kernel was told not to notice split locks "
		       "(split_lock_detect=off)";
	return alck_arena_printf(
		arena, "the kernel notices split locks (%s, %s): %s",
		h->split_lock_detect.value && h->bus_lock_detect.value
			? "split_lock_detect and bus_lock_detect"
		: h->split_lock_detect.value ? "split_lock_detect"
					     : "bus_lock_detect",
		h->split_lock_mode && *h->split_lock_mode
			? alck_arena_printf(arena, "split_lock_detect=%s", mode)
			: "by default warn",
		!strcmp(mode, "fatal") ? "SIGBUS"
		: !strncmp(mode, "ratelimit", 9)
			? "it allows only so many a second"
		: h->split_lock_detect.value && h->mitigate.value
			? "a line in its log, and the process is made slow on "
			  "purpose (kernel.split_lock_mitigate)"
			: "a line in its log");
}

const char *alck_explain_split_lock(struct alck_arena *arena,
				    const struct alck_report_host *h)
{
	const struct alck_bus_lock_event *event = alck_bus_lock_event(h);
	const char *what = detection(arena, h);

	if (!event)
		return alck_arena_printf(arena,
					 "%s; the perf event that counts bus "
					 "locks on this processor is not known",
					 what ? what : "");
	return alck_arena_printf(arena,
				 "%s; they are counted by perf stat -e %s (%s)",
				 what ? what : "", event->name, event->raw);
}

/* --------------------------------------------------------------- the lock */

static int is_canonical(uint64_t address)
{
	uint64_t top = address >> 47;

	return !top || top == 0x1ffff;
}

static const char *lock(struct alck_arena *arena,
			const struct alck_report *report,
			const struct alck_report_finding *f, const char *call)
{
	uint64_t at = f->arena.value;
	const char *host = "";

	if (!is_canonical(at))
		return alck_arena_printf(
			arena,
			"locked it: SIGSEGV in %s(), since that is no "
			"address",
			call);
	if (!f->arena_lock.set)
		return alck_arena_printf(
			arena,
			"locked it: SIGSEGV in %s(), since nothing is there",
			call);
	if (at % CACHE_LINE > CACHE_LINE - LOCK_SIZE) {
		if (report->host.set)
			host = alck_explain_split_lock(arena, &report->host);
		return alck_arena_printf(
			arena,
			"locked the %u bytes there, which cross a cache line: "
			"a split lock, for which the bus is locked and every "
			"processor of the machine waits%s%s",
			LOCK_SIZE, host && *host ? "; " : "", host ? host : "");
	}
	if (f->arena_lock.value)
		return alck_arena_printf(arena,
					 "waited for its lock, %#" PRIx64
					 " there, in %s() for "
					 "ever",
					 f->arena_lock.value, call);
	return alck_arena_printf(
		arena,
		"taken its lock, 0 there, written to it, and used what is "
		"there in %s() as an arena: damaged memory, or SIGSEGV",
		call);
}

const char *alck_explain_arena(struct alck_arena *arena,
			       const struct alck_report *report,
			       const struct alck_report_finding *f,
			       const char *call)
{
	uint64_t word = f->word_before.value;
	const char *what;

	if (!f->arena_at.set)
		return alck_arena_printf(
			arena,
			"glibc would have taken the word at %#" PRIx64
			" for an arena and used it (the word before the block, "
			"%#" PRIx64 ", has the arena bit set): SIGSEGV, or an "
			"endless wait for its lock in %s()",
			(f->pointer.value - 16) & HEAP_MASK, word, call);
	if (!f->arena.set)
		return alck_arena_printf(
			arena,
			"glibc would have read an arena's address at %#" PRIx64
			", where nothing is (the word before the block, "
			"%#" PRIx64 ", has the arena bit set): SIGSEGV in %s()",
			f->arena_at.value, word, call);
	what = lock(arena, report, f, call);
	return alck_arena_printf(
		arena,
		"glibc would have taken %#" PRIx64 ", the word at %#" PRIx64
		", for an arena (the word before the block, %#" PRIx64
		", has the arena bit set) and %s",
		f->arena.value, f->arena_at.value, word, what ? what : "?");
}
