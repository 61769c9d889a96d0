/* SPDX-License-Identifier: MIT */
/* All orders of the steps of some threads: see explore.h. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "explore.h"
#include "kernel.h"

#define ALL	   (EXPLORE_THREADS + 1) /* 0 is before and after them */
#define STACK_SIZE (64 * 1024)
#define STEPS	   600		      /* of one run */
#define MEMORY	   ((size_t)64 << 30) /* for each thread */
#define MAPPINGS   64
#define PLACES	   4096

typedef uint16_t clocks[ALL];

/* A thread, as a coroutine: HERE is before its next step, TOP before its
 * first. */
static struct thread {
	jmp_buf here, top;
	int started, done;
	const struct explore_site *site; /* of its next step */
	const void *place;
	clocks clock;
} threads[ALL];
static jmp_buf scheduler;
static unsigned current;
static const struct explore_scenario *scenario;
static uint64_t scenario_bit;
static struct explore_site *spoiled;
static enum explore_spoiling spoiling;
static const char *failure;

/* The branches on the way to where the run is: what was chosen at each, and
 * what need not be tried (any more). */
static struct branch {
	uint8_t threads;	/* else it is between 0 and OF */
	uint8_t enabled, sleep; /* bits of threads */
	uint8_t chosen, of;
} path[STEPS];
static unsigned length, at;
static uint8_t sleeping;

/* For explore_show. */
static struct {
	unsigned thread;
	const struct explore_site *site;
	uint64_t before;
} trace[STEPS];
static unsigned traced;

/* What a run has changed, to be put back. */
static struct {
	void *p;
	size_t width;
	uint64_t value;
} undo[STEPS * 2];
static unsigned undone;

static char *memory;
static struct {
	char *begin, *end;
	unsigned maker;
	uint16_t made;
	int gone;
} mappings[MAPPINGS];
static unsigned nmappings;

static struct {
	unsigned writer;
	uint16_t time;
} records[EXPLORE_RECORDS];

/* What a load with acquire learns from a place: the clocks of those who have
 * released it. */
static struct place {
	const void *p;
	unsigned long run;
	clocks released;
} places[PLACES];
static unsigned long runs;

void explore_fail(const char *why)
{
	if (!failure)
		failure = why;
	if (current)
		_longjmp(scheduler, 1);
}

/* --------------------------------------------------------------- steps */

__attribute__((noinline)) static void yield(void)
{
	if (!_setjmp(threads[current].here))
		_longjmp(scheduler, 1);
}

/* Lets thread T go on, up to before its next step. */
__attribute__((noinline)) static void resume(unsigned t)
{
	if (_setjmp(scheduler)) {
		current = 0;
		return;
	}
	current = t;
	if (threads[t].started)
		_longjmp(threads[t].here, 1);
	threads[t].started = 1;
	_longjmp(threads[t].top, 1);
}

static void coroutine(void)
{
	/* Not in a register: it must outlive the jumps. */
	static unsigned t;

	t = current;
	if (!_setjmp(threads[t].top))
		_longjmp(scheduler, 1);
	scenario->thread[current - 1]();
	threads[current].done = 1;
	_longjmp(scheduler, 1);
}

/* Stops before a step at PLACE. */
static void step(const struct explore_site *site, const void *place)
{
	if (!current)
		return;
	threads[current].site = site;
	threads[current].place = place;
	yield();
	if (traced == STEPS)
		explore_fail("it does not end");
	trace[traced].thread = current;
	trace[traced].site = site;
	trace[traced].before = 0;
	traced++;
}

/* One of N, and later the others. */
static unsigned choose(unsigned n)
{
	if (at == STEPS)
		explore_fail("it does not end");
	if (at == length)
		path[length++] = (struct branch){.of = (uint8_t)n};
	return path[at++].chosen;
}

static int writes(const struct explore_site *site)
{
	return site->operation != EXPLORE_LOAD;
}

/* Counters are read when all is over; what is mapped is compared with a limit
 * that no scenario comes near. */
static int only_counts(const struct explore_site *site)
{
	if (site == spoiled)
		return 0;
	return !strcmp(site->function, "count") ||
	       (site->operation == EXPLORE_ADD &&
		(!strcmp(site->function, "map") ||
		 !strcmp(site->function, "unmap")));
}

/* Do the next steps of A and B lead to the same in either order? */
static int independent(const struct thread *a, const struct thread *b)
{
	if (a->site->operation == EXPLORE_FORK ||
	    b->site->operation == EXPLORE_FORK)
		return 0;
	if (a->place != b->place || (!writes(a->site) && !writes(b->site)))
		return 1;
	return only_counts(a->site) && only_counts(b->site);
}

/* -------------------------------------------------------------- orders */

static void join(clocks to, const clocks from)
{
	for (unsigned i = 0; i < ALL; i++)
		if (to[i] < from[i])
			to[i] = from[i];
}

static struct place *place_of(const void *p)
{
	uintptr_t hash = ((uintptr_t)p >> 2) * 0x9e3779b97f4a7c15u >> 40;
	struct place *place;

	for (;; hash++) {
		place = &places[hash % PLACES];
		if (place->run == runs && place->p == p)
			return place;
		if (place->run != runs)
			break;
	}
	*place = (struct place){.p = p, .run = runs};
	return place;
}

static int acquires(int order)
{
	return order == __ATOMIC_ACQUIRE || order == __ATOMIC_ACQ_REL ||
	       order == __ATOMIC_SEQ_CST;
}

static int releases(int order)
{
	return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL ||
	       order == __ATOMIC_SEQ_CST;
}

static void order_load(const void *p, int order)
{
	if (acquires(order))
		join(threads[current].clock, place_of(p)->released);
}

/* A read-modify-write goes on with what was released before, a store does
 * not. */
static void order_store(const void *p, int order, int modifies)
{
	struct place *place = place_of(p);
	struct thread *t = &threads[current];

	if (!modifies)
		memset(place->released, 0, sizeof(place->released));
	if (releases(order)) {
		join(place->released, t->clock);
		t->clock[current]++;
	}
}

static int is_ordered(unsigned writer, uint16_t time)
{
	return writer == current || threads[current].clock[writer] >= time;
}

void explore_write(unsigned record)
{
	records[record].writer = current;
	records[record].time = threads[current].clock[current];
}

void explore_read(unsigned record)
{
	if (!records[record].time)
		explore_fail("a record is read that nobody has written");
	if (!is_ordered(records[record].writer, records[record].time))
		explore_fail("a record is read that may not be there yet");
}

static void reach(const void *p)
{
	const char *byte = p;

	for (unsigned i = 0; i < nmappings; i++) {
		if (byte < mappings[i].begin || byte >= mappings[i].end)
			continue;
		if (mappings[i].gone)
			explore_fail("memory is reached that was given back");
		if (!is_ordered(mappings[i].maker, mappings[i].made))
			explore_fail("memory is reached that may not be there "
				     "yet");
		return;
	}
	if (byte >= memory && byte < memory + ALL * MEMORY)
		explore_fail("memory is reached that was never there");
}

/* ---------------------------------------------------------- operations */

static uint64_t get(const void *p, size_t width)
{
	uint64_t value = 0;

	memcpy(&value, p, width);
	return value;
}

static void set(void *p, size_t width, uint64_t value)
{
	if (undone == sizeof(undo) / sizeof(undo[0]))
		abort();
	undo[undone].p = p;
	undo[undone].width = width;
	undo[undone++].value = get(p, width);
	memcpy(p, &value, width);
}

static uint64_t result(enum explore_operation operation, uint64_t was,
		       uint64_t operand)
{
	switch (operation) {
	case EXPLORE_ADD:
		return was + operand;
	case EXPLORE_AND:
		return was & operand;
	case EXPLORE_OR:
		return was | operand;
	default:
		return operand;
	}
}

uint64_t explore_atomic(struct explore_site *site, void *p, size_t width,
			uint64_t operand, void *expected)
{
	enum explore_spoiling how = site == spoiled ? spoiling : EXPLORE_SOUND;
	int order = how == EXPLORE_RELAXED ? __ATOMIC_RELAXED : site->order;
	int modifies = site->operation != EXPLORE_STORE;
	uint64_t was;

	step(site, p);
	site->scenarios |= scenario_bit;
	reach(p);
	was = get(p, width);
	if (current)
		trace[traced - 1].before = was;
	if (site->operation == EXPLORE_LOAD) {
		order_load(p, order);
		return was;
	}
	if (expected && was != get(expected, width)) {
		order_load(p, how == EXPLORE_RELAXED ? __ATOMIC_RELAXED
						     : site->failure);
		memcpy(expected, &was, width);
		return 0;
	}
	if (modifies)
		order_load(p, order);
	if (how == EXPLORE_TORN)
		step(site, p);
	set(p, width, result(site->operation, was, operand));
	order_store(p, order, modifies && how != EXPLORE_TORN);
	return expected ? 1 : was;
}

/* -------------------------------------------------------------- kernel */

int alck_sys_sandboxed;

/* Each thread has memory of its own to be given, so that it does not matter in
 * which order they ask: no step. */
void *explore_mmap(size_t len)
{
	char *begin = memory + current * MEMORY;

	if (current &&
	    (scenario->refuses == 3 || (scenario->refuses == 1 && choose(2))))
		return NULL;
	for (unsigned i = 0; i < nmappings; i++)
		if (mappings[i].maker == current)
			begin = mappings[i].end;
	if (nmappings == MAPPINGS ||
	    begin + len > memory + (current + 1) * MEMORY)
		explore_fail("the model has no more memory");
	mappings[nmappings].begin = begin;
	mappings[nmappings].end = begin + len;
	mappings[nmappings].maker = current;
	mappings[nmappings].made = threads[current].clock[current];
	mappings[nmappings++].gone = 0;
	return begin;
}

int explore_munmap(void *addr, size_t len)
{
	for (unsigned i = 0; i < nmappings; i++)
		if (mappings[i].begin == addr &&
		    mappings[i].end == (char *)addr + len)
			mappings[i].gone = 1;
	return 0;
}

uint64_t explore_mapped(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < nmappings; i++)
		if (!mappings[i].gone)
			sum += (uint64_t)(mappings[i].end - mappings[i].begin);
	return sum;
}

int explore_mprotect(void)
{
	return current && scenario->refuses == 2 && choose(2) ? -12 : 0;
}

uint64_t explore_address_limit(void)
{
	return scenario->address_limit ? scenario->address_limit : UINT64_MAX;
}

int explore_fork(void)
{
	static struct explore_site fork = {
		.file = "", .function = "fork", .operation = EXPLORE_FORK};

	step(&fork, &fork);
	if (!choose(2))
		return 0;
	for (unsigned i = 1; i < ALL; i++)
		if (i != current)
			threads[i].done = 1;
	return 1;
}

/* ----------------------------------------------------------- the search */

static void begin_run(void)
{
	while (undone) {
		undone--;
		memcpy(undo[undone].p, &undo[undone].value, undo[undone].width);
	}
	runs++;
	nmappings = traced = at = 0;
	sleeping = 0;
	failure = NULL;
	memset(records, 0, sizeof(records));
	for (unsigned i = 0; i < ALL; i++) {
		threads[i].started = 0;
		threads[i].done = i && !scenario->thread[i - 1];
		memset(threads[i].clock, 0, sizeof(clocks));
		threads[i].clock[i] = 1;
	}
	if (scenario->prepare)
		scenario->prepare();
	for (unsigned i = 1; i < ALL; i++)
		join(threads[i].clock, threads[0].clock);
}

static void run(void)
{
	struct branch *b;
	uint8_t enabled, next;

	begin_run();
	for (unsigned i = 1; i < ALL && !failure; i++)
		if (!threads[i].done)
			resume(i);
	while (!failure) {
		enabled = next = 0;
		for (unsigned i = 1; i < ALL; i++)
			if (!threads[i].done)
				enabled |= (uint8_t)(1u << i);
		if (!enabled)
			break;
		if (at == STEPS) {
			explore_fail("it does not end");
			return;
		}
		b = &path[at];
		if (at == length) {
			/* All that is left was tried in another order. */
			if (!(enabled & ~sleeping))
				return;
			*b = (struct branch){.threads = 1,
					     .enabled = enabled,
					     .sleep = sleeping};
			b->chosen = (uint8_t)__builtin_ctz(enabled & ~sleeping);
			length++;
		}
		for (unsigned i = 1; i < ALL; i++)
			if (b->sleep >> i & 1 && !threads[i].done &&
			    independent(&threads[i], &threads[b->chosen]))
				next |= (uint8_t)(1u << i);
		sleeping = next;
		at++;
		resume(b->chosen);
	}
	if (failure)
		return;
	for (unsigned i = 1; i < ALL; i++)
		join(threads[0].clock, threads[i].clock);
	scenario->finish();
}

/* The next way; 0 when there is none. */
static int next_way(void)
{
	for (; length; length--) {
		struct branch *b = &path[length - 1];

		if (!b->threads) {
			if (++b->chosen < b->of)
				return 1;
			continue;
		}
		b->sleep |= (uint8_t)(1u << b->chosen);
		if (b->enabled & ~b->sleep) {
			b->chosen =
				(uint8_t)__builtin_ctz(b->enabled & ~b->sleep);
			return 1;
		}
	}
	return 0;
}

static void prepare_threads(void)
{
	static ucontext_t contexts[ALL];

	memory = mmap(NULL, ALL * MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(99);
	}
	for (unsigned i = 1; i < ALL; i++) {
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = malloc(STACK_SIZE);
		contexts[i].uc_stack.ss_size = STACK_SIZE;
		makecontext(&contexts[i], coroutine, 0);
		current = i;
		if (!_setjmp(scheduler))
			setcontext(&contexts[current]);
	}
	current = 0;
}

unsigned long explore(const struct explore_scenario *which, unsigned number,
		      struct explore_site *site, enum explore_spoiling how,
		      const char **why)
{
	unsigned long first;

	if (!memory)
		prepare_threads();
	scenario = which;
	scenario_bit = UINT64_C(1) << number;
	spoiled = site;
	spoiling = how;
	length = 0;
	first = runs;
	do {
		run();
		if (failure) {
			*why = failure;
			return 0;
		}
	} while (next_way());
	return runs - first;
}

void explore_show(void)
{
	static const char *const names[] = {
		"load", "store", "exchange", "add", "and", "or", "cas", "fork"};

	for (unsigned i = 0; i < traced; i++)
		fprintf(stderr, "    thread %u %-18s line %3d %-8s of %#llx\n",
			trace[i].thread, trace[i].site->function,
			trace[i].site->line, names[trace[i].site->operation],
			(unsigned long long)trace[i].before);
}
