/* SPDX-License-Identifier: MIT */
/*
 * What one report says, as structures: the process, its modules and
 * providers, the findings, events and counters.  Filled by reader.h, read by
 * everyone else.  Offline, not signal-safe.
 *
 * Nothing in here is to be trusted: numbers are as they were found, IDs may
 * name nothing, texts may hold any byte but NUL.  What the file did not say is
 * NULL, empty or not SET.
 */
#ifndef ALCK_REPORT_MODEL_H
#define ALCK_REPORT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "report/arena.h"

/* A number that may be absent; VALUE is 0 then. */
struct alck_number {
	uint64_t value;
	int set;
};

/* Addresses, innermost first. */
struct alck_words {
	const uint64_t *value;
	size_t count;
};

struct alck_bytes {
	const unsigned char *value;
	size_t len;
};

struct alck_report_process {
	struct alck_number pid, ppid, started, launcher;
	const char *exe, *libc, *tool, *options;
	const char *parent_report; /* file name */
	const char **args;
	size_t nargs;
};

struct alck_report_module {
	struct alck_number id, time, bias, low, high, name_space, unloaded;
	struct alck_number deep_bound;
	/* Provider ID that its calls reach, or ALCK_UNBOUND. */
	struct alck_number binds_malloc, binds_realloc, binds_free;
	struct alck_number binds_new, binds_delete;
	const char *path;
	struct alck_bytes build_id;
};

struct alck_report_provider {
	struct alck_number id, module, global, name_space, time;
	const char *family, *title, *version, *how, *path;
	struct alck_bytes build_id;
	/* How ld.so came to its object; NULL where the report does not say. */
	const char *asked, *found_by, *folder;
	struct alck_number asker; /* module ID */
};

struct alck_report_finding {
	struct alck_number id, time, thread, pointer, size, owner, freer;
	const char *code, *slug, *severity, *verdict, *action, *api;
	struct alck_words stack;
	const char *alloc_api, *freed_api;
	struct alck_number alloc_thread, freed_thread, allocated;
	/* When the addresses of those stacks meant what they did; not set:
	 * at TIME still. */
	struct alck_number alloc_time, freed_time;
	struct alck_words alloc_stack, freed_stack, load_stack;
	struct alck_number object, object_provider, global_provider, late,
		private;
	const char *object_api, *wild, *message, *spared;
	struct alck_number spared_by_module;
	const char *child, *lost;
	struct alck_number word_before, inside, tail_call;
	struct alck_number arena_at, arena, arena_lock;
	struct alck_number fork_thread, fork_since;
	const char *asked, *other_file, *other_from; /* of a wrong copy */
	struct alck_bytes other_build_id;
	struct alck_number other_named;
	struct alck_number given_size;	    /* to a sized free */
	struct alck_number tool, alignment; /* a module ID; of a block */
	struct alck_number blocks, bytes;   /* left behind */
	struct alck_number count; /* at least 1 once the file is read */
	/* Not of the file: the rule that suppresses it, "FILE:LINE"; NULL
	 * where none does. */
	const char *suppressed_by;
};

struct alck_report_event {
	struct alck_number time, thread, module;
	const char *kind, *message, *path;
};

struct alck_report_coverage {
	const char *path, *seen, *why;
};

struct alck_report_counters {
	struct alck_number untracked, unknown_frees, unrecorded, short_stacks,
		lost_stacks, lost_ages;
};

struct alck_report_host {
	const char *processor, *vendor, *kernel, *split_lock_mode;
	struct alck_number cpu_family, cpu_model, hypervisor;
	struct alck_number split_lock_detect, bus_lock_detect, mitigate;
	int set; /* 0: the file says nothing of it */
};

/* A block that a register leads to. */
struct alck_report_held {
	const char *name, *state, *alloc_api, *freed_api;
	struct alck_number pointer, begin, size, owner, allocated;
	struct alck_number alloc_thread, freed_thread;
	struct alck_words alloc_stack, freed_stack;
};

struct alck_report_crash {
	struct alck_number time, thread, signal, code, fault, sender, pc;
	struct alck_number provider; /* whose function API was under way */
	const char *api;
	struct alck_words registers, stack;
	struct alck_report_held *held; /* in the file's order */
	size_t nheld;
	int set; /* 0: the file tells of none */
};

struct alck_report_end {
	const char *ended; /* NULL: the file has no end */
	struct alck_number status, time;
};

/* Modules by LOW, for lookups. */
struct alck_address_row {
	uint64_t low, max_high; /* the largest HIGH up to here */
	size_t module;
};

/* Indices by ID. */
struct alck_id_map {
	struct alck_id_slot *slots;
	size_t size, used;
};

struct alck_report {
	struct alck_arena arena;
	const char *path;
	struct alck_report_process process;
	struct alck_report_module *modules;
	struct alck_report_provider *providers;
	struct alck_report_finding *findings;  /* by time */
	struct alck_report_event *events;      /* by time */
	struct alck_report_coverage *coverage; /* by path */
	size_t nmodules, nproviders, nfindings, nevents, ncoverage;
	struct alck_report_counters counters;
	struct alck_report_host host;
	struct alck_report_end end;
	struct alck_report_crash crash;
	/* What was wrong with the file, a sentence each; 0 when it was read
	 * whole. */
	const char **problems;
	size_t nproblems;
	size_t nrecords; /* whole ones, known or not */

	struct alck_id_map module_ids, provider_ids, finding_ids;
	struct alck_address_row *by_address; /* one a module */
	unsigned int dropped;		     /* rows left out for a limit */
};

/* A new, empty report for the file at PATH (copied).  Returns NULL where
 * memory is refused; else it is the caller's, to alck_report_free. */
struct alck_report *alck_report_new(const char *path);

/* Frees REPORT and everything it points to; NULL is taken. */
void alck_report_free(struct alck_report *report);

/* Adds the sentence "PATH: ..." to the problems. */
void alck_report_problem(struct alck_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The module, provider or finding whose ID is given, which is added when it is
 * not there; with a NULL, a new event or coverage row.  Each returns NULL
 * where a limit is reached or memory is refused, and counts that.  The
 * pointers are good until the next call of the same function. */
struct alck_report_module *alck_report_add_module(struct alck_report *report,
						  uint64_t id);
struct alck_report_provider *
alck_report_add_provider(struct alck_report *report, uint64_t id);
struct alck_report_finding *alck_report_add_finding(struct alck_report *report,
						    uint64_t id);
struct alck_report_event *alck_report_add_event(struct alck_report *report);
struct alck_report_coverage *
alck_report_add_coverage(struct alck_report *report);
struct alck_report_held *alck_report_add_held(struct alck_report *report);

/* After the last record: orders what has an order, drops findings of which
 * only a count is there, keeps the newest row of each coverage path. */
void alck_report_finish(struct alck_report *report);

/* The module or provider with this ID; NULL when it is not set or unknown. */
const struct alck_report_module *
alck_report_module(const struct alck_report *report, struct alck_number id);
const struct alck_report_provider *
alck_report_provider(const struct alck_report *report, struct alck_number id);

/* The module whose [LOW, HIGH) holds ADDR at TIME (nanoseconds): of several
 * that were there one after the other, the last one loaded by then.  NULL when
 * there is none. */
const struct alck_report_module *
alck_report_module_at(const struct alck_report *report, uint64_t addr,
		      uint64_t time);

/* The time at which F's ALLOC_STACK is to be looked up. */
static inline uint64_t
alck_report_alloc_time(const struct alck_report_finding *f)
{
	return f->alloc_time.set ? f->alloc_time.value
	       : f->time.set	 ? f->time.value
				 : UINT64_MAX;
}

/* What follows the last '/' of PATH; "" for NULL. */
const char *alck_report_base_name(const char *path);

/* The path of a module or provider: for the program itself, whose name the
 * loader leaves empty, that of its executable.  "" when nothing is known. */
const char *alck_report_module_path(const struct alck_report *report,
				    const struct alck_report_module *module);
const char *
alck_report_provider_path(const struct alck_report *report,
			  const struct alck_report_provider *provider);

#endif
