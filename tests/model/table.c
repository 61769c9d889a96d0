/* SPDX-License-Identifier: MIT */
/*
 * The ownership table and its arenas, the sources themselves, in all orders
 * in which two or three threads can take their steps: install, remove,
 * tombstone, restore, the growth of the table, refused memory, fork; and the
 * table of ages beside it.
 *
 *	table [all]
 *
 * Then the same with each atomic operation spoiled, one at a time.  That must
 * be noticed, or else stand in the list below with the reason why nothing
 * depends on it: so every memory order in owner-table.c, age-table.c and
 * arena.c is either needed, and here is what for, or said to be stronger than
 * needed.  With `all' those of the list are tried too.
 */
#include <stdio.h>
#include <string.h>

#include "scenarios.h"

#define MAX 64 /* scenarios: a bit each in explore_site */

/* Those that take few ways first. */
static struct {
	const struct explore_scenario *scenario;
	unsigned number;
	unsigned long ways;
} scenarios[MAX];
static unsigned nscenarios;

static const char *const operations[] = {
	"load", "store", "exchange", "add", "and", "or", "compare-and-swap"};
static const char *const spoilings[] = {"", "taken apart", "relaxed"};

/* Spoilt, these change nothing that can be told. */
static const struct {
	const char *function;
	enum explore_operation operation;
	enum explore_spoiling how;
	const char *because;
} harmless[] = {
	{"alck_pieces_keep", EXPLORE_CAS, EXPLORE_TORN,
	 "of two pieces left over at once one is lost, and no block"},
	{"alck_pieces_keep", EXPLORE_CAS, EXPLORE_RELAXED,
	 "what the loser had copied into a leaf is plain memory, not seen "
	 "here"},
	{"take_spare", EXPLORE_EXCHANGE, EXPLORE_RELAXED,
	 "what the loser had copied into a leaf is plain memory, not seen "
	 "here"},
	{"alck_pieces_lose", EXPLORE_ADD, EXPLORE_TORN,
	 "how many were lost is a figure of the benchmark's"},
	{"alck_grow_twin", EXPLORE_OR, EXPLORE_TORN,
	 "a link to a leaf changes no more, but for this bit"},
	{"alck_grow_twin", EXPLORE_OR, EXPLORE_RELAXED,
	 "who misses the bit stores as the hot path does, which nothing "
	 "orders"},
	{"alck_arena_take", EXPLORE_CAS, EXPLORE_TORN,
	 "which chunk is cut is a hint: who begins too low goes up"},
	{"alck_arena_take", EXPLORE_CAS, EXPLORE_RELAXED,
	 "the chunk itself is acquired by its address"},
	{"alck_arena_take", EXPLORE_LOAD, EXPLORE_RELAXED,
	 "grow has acquired the chunk"},
	{"grow", EXPLORE_LOAD, EXPLORE_RELAXED,
	 "alck_arena_take acquires the chunk"},
	{"back_off", EXPLORE_ADD, EXPLORE_TORN,
	 "how often the kernel is asked need not be exact"},
	{"may_ask", EXPLORE_ADD, EXPLORE_TORN,
	 "how often the kernel is asked need not be exact"},
};

static const char *excuse(const struct explore_site *site,
			  enum explore_spoiling how)
{
	for (unsigned i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!strcmp(harmless[i].function, site->function) &&
		    harmless[i].operation == site->operation &&
		    harmless[i].how == how)
			return harmless[i].because;
	return NULL;
}

static int test, bad, all;

static void report(int good, const char *what, const char *more)
{
	printf("%sok %d - %s%s%s\n", good ? "" : "not ", ++test, what,
	       *more ? ": " : "", more);
	bad |= !good;
}

/* Is SITE of the tested code, and does spoiling it so mean anything? */
static int can_spoil(const struct explore_site *site, enum explore_spoiling how)
{
	if (how == EXPLORE_RELAXED)
		return site->order != __ATOMIC_RELAXED ||
		       (site->operation == EXPLORE_CAS &&
			site->failure != __ATOMIC_RELAXED);
	return site->operation != EXPLORE_LOAD &&
	       site->operation != EXPLORE_STORE;
}

static void spoil(struct explore_site *site, enum explore_spoiling how)
{
	char what[200], more[200];
	const char *why = NULL, *reason = excuse(site, how);
	unsigned by = 0;
	uint64_t came_by = reason && !all ? 0 : site->scenarios;

	for (unsigned i = 0; i < nscenarios && !why; i++)
		if (came_by >> scenarios[i].number & 1) {
			explore(scenarios[i].scenario, scenarios[i].number,
				site, how, &why);
			by = i;
		}
	snprintf(what, sizeof(what), "%s of %s (line %d) %s",
		 operations[site->operation], site->function, site->line,
		 spoilings[how]);
	if (why)
		snprintf(more, sizeof(more), "seen by \"%s\": %s",
			 scenarios[by].scenario->name, why);
	else
		snprintf(more, sizeof(more), "not seen: %s",
			 reason ? reason : "by nobody");
	report(why || reason, what, more);
}

static void run_all(const struct explore_scenario *list)
{
	const char *why;
	char more[100];
	unsigned i;

	for (; list->name; list++) {
		unsigned long n;

		why = NULL;
		n = explore(list, nscenarios, NULL, EXPLORE_SOUND, &why);
		snprintf(more, sizeof(more), "%lu ways", n);
		report(!why, list->name, why ? why : more);
		if (why)
			explore_show();
		for (i = nscenarios; i && scenarios[i - 1].ways > n; i--)
			scenarios[i] = scenarios[i - 1];
		scenarios[i].scenario = list;
		scenarios[i].number = nscenarios++;
		scenarios[i].ways = n;
	}
}

int main(int argc, char **argv)
{
	struct explore_site *s;
	char what[100];

	all = argc > 1 && !strcmp(argv[1], "all");
	run_all(word_scenarios);
	run_all(growth_scenarios);
	run_all(hot_scenarios);
	run_all(page_scenarios);
	run_all(age_scenarios);
	run_all(arena_scenarios);
	for (s = __start_explore_sites; s < __stop_explore_sites; s++) {
		if (!strstr(s->file, "lib/preload/"))
			continue;
		if (!s->scenarios) {
			snprintf(what, sizeof(what), "%s of %s (line %d)",
				 operations[s->operation], s->function,
				 s->line);
			report(0, what, "no scenario comes by");
			continue;
		}
		for (int how = EXPLORE_TORN; how <= EXPLORE_RELAXED; how++)
			if (can_spoil(s, how))
				spoil(s, how);
	}
	printf("1..%d\n", test);
	return bad;
}
