/* SPDX-License-Identifier: MIT */
/* What growing the table takes: see growth-figures.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "growth-figures.h"
#include "preload/owner-table.h"
#include "preload/owner-word.h"

#define PAGE	  ((size_t)4096)
#define PAGES	  ((size_t)16384) /* for each thread */
#define PART_BITS 18		  /* of heap, for a page of its map */

#define TARGET_SUCCESS	  99.99 /* per cent */
#define TARGET_P99	  15.0	/* us */
#define TARGET_CONTENTION 0.02	/* per cent of all operations */

struct worker workers[MAX_THREADS];
unsigned threads;

static pthread_barrier_t barrier;
static void *(*working)(void *);
/* Bits: some block was in these 256 KiB. */
static uint64_t *entered;

uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t random_number(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

void *room_for(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

void prepare(unsigned n)
{
	threads = n;
	entered = room_for(
		((size_t)1 << (ALCK_TABLE_ADDRESS_BITS - PART_BITS)) / 8);
	for (unsigned i = 0; i < n; i++) {
		struct worker *w = &workers[i];

		memset(w, 0, sizeof(*w));
		w->id = i;
		w->random = 88172645463325252u + i * 7919u;
		w->pages = room_for(PAGES * PAGE);
	}
}

static void *begin(void *worker)
{
	pthread_barrier_wait(&barrier);
	return working(worker);
}

double run(void *(*work)(void *))
{
	uint64_t start = now(CLOCK_PROCESS_CPUTIME_ID);

	working = work;
	pthread_barrier_init(&barrier, NULL, threads);
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&workers[i].thread, NULL, begin,
				   &workers[i]))
			abort();
	for (unsigned i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&barrier);
	return (double)(now(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e9;
}

/* ---------------------------------------------------------------- spreads */

static void add(struct spread *s, uint64_t ns)
{
	unsigned shift = 0;

	s->n++;
	s->sum += ns;
	while (ns >> shift >= 2 * SPREAD_FINE)
		shift++;
	s->part[shift * SPREAD_FINE + (ns >> shift)]++;
}

static void add_all(struct spread *to, const struct spread *from)
{
	to->n += from->n;
	to->sum += from->sum;
	for (unsigned i = 0; i < SPREAD_PARTS; i++)
		to->part[i] += from->part[i];
}

/* What PER_MILLE of all are not above, in us. */
static double quantile(const struct spread *s, uint64_t per_mille)
{
	uint64_t rank = (s->n * per_mille + 999) / 1000, sum = 0;
	unsigned i, shift;

	for (i = 0; i < SPREAD_PARTS - 1; i++) {
		sum += s->part[i];
		if (sum >= rank)
			break;
	}
	if (i < 2 * SPREAD_FINE)
		return i / 1e3;
	shift = i / SPREAD_FINE - 1;
	return (double)((uint64_t)(i - shift * SPREAD_FINE + 1) << shift) / 1e3;
}

/* ---------------------------------------------------------------- growths */

/* How many links lead to the leaf for ADDR: of its region, of its granule. What
 * is in the leaf is not looked at, as the hot path does not: its page may be
 * fresh.  Twins are made only where allocators of two kinds meet. */
static unsigned links(uintptr_t addr)
{
	uintptr_t map = alck_table_map(addr);
	uint64_t word;

	if (!map)
		return 0;
	word = __atomic_load_n(alck_table_granule(map, addr), __ATOMIC_ACQUIRE);
	return word && alck_word_is_link(word) ? 2 : 1;
}

/* Is it the first that comes there?  To look at its word is part of its work
 * then: the kernel has to give a page to look at. */
static int enters(uintptr_t addr)
{
	uintptr_t part = addr >> PART_BITS;
	uint64_t bit = UINT64_C(1) << part % 64;

	if (__atomic_load_n(&entered[part / 64], __ATOMIC_RELAXED) & bit)
		return 0;
	return !(__atomic_fetch_or(&entered[part / 64], bit, __ATOMIC_RELAXED) &
		 bit);
}

static void touch_page(struct worker *w)
{
	uint64_t start = now(CLOCK_THREAD_CPUTIME_ID);

	w->pages[w->page.n * PAGE] = 1;
	add(&w->page, now(CLOCK_THREAD_CPUTIME_ID) - start);
}

void install(struct worker *w, uintptr_t addr, uint64_t size)
{
	uint64_t cpu = 0, wall = 0;
	struct alck_block block;
	unsigned before;
	int failed;

	w->operations++;
	if (enters(addr)) {
		cpu = now(CLOCK_THREAD_CPUTIME_ID);
		wall = now(CLOCK_MONOTONIC);
	}
	before = links(addr);
	if (before == 2 && !cpu) {
		w->failures += alck_table_install(addr, size, w->id, 1) != 0;
		return;
	}
	if (!cpu) {
		cpu = now(CLOCK_THREAD_CPUTIME_ID);
		wall = now(CLOCK_MONOTONIC);
	}
	failed = alck_table_install(addr, size, w->id, 1);
	wall = now(CLOCK_MONOTONIC) - wall;
	cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
	if (alck_table_lookup(addr, &block) != ALCK_LIVE ||
	    block.owner != w->id)
		failed = 1;
	w->failures += failed != 0;
	if (links(addr) == before)
		return;
	add(&w->cpu, cpu);
	add(&w->wall, wall);
	if (w->cpu.n % 8 == 1 && w->page.n < PAGES)
		touch_page(w);
}

void take(struct worker *w, uintptr_t addr)
{
	struct alck_block block;

	w->operations++;
	if (alck_table_take(addr, w->id, &block) != ALCK_REMOVED)
		w->failures++;
	else
		alck_table_tombstone(addr, &block, 2);
}

/* ------------------------------------------------------------------ rows */

void sum_up(long *operations, long *failures)
{
	*operations = *failures = 0;
	for (unsigned i = 0; i < threads; i++) {
		*operations += workers[i].operations;
		*failures += workers[i].failures;
	}
}

void print_growth_head(void)
{
	printf("growths     installs that found no map or leaf and left one\n"
	       "mean ...    their CPU time; wall: with waiting for a "
	       "processor\n"
	       "page        the first write to a fresh page, beside each "
	       "eighth growth\n"
	       "lost        pieces made by two threads at once, and one put "
	       "aside;\n"
	       "            of all operations (an install, or a free of what "
	       "was)\n"
	       "!           misses its target: success %.2f %%, P99 below "
	       "%.0f us,\n"
	       "            lost below %.2f %%\n\n"
	       "pattern      threads operations  growths    success mean us  "
	       "P99 us P99.9 us page P99 wall P99.9   lost   of all  M/CPU s\n",
	       TARGET_SUCCESS, TARGET_P99, TARGET_CONTENTION);
}

int print_growth(const char *name, double seconds)
{
	static struct spread cpu, wall, page;
	struct alck_table_counters counters;
	double success, contention, p99;
	long operations, failures;

	sum_up(&operations, &failures);
	for (unsigned i = 0; i < threads; i++) {
		add_all(&cpu, &workers[i].cpu);
		add_all(&wall, &workers[i].wall);
		add_all(&page, &workers[i].page);
	}
	alck_table_counters(&counters);
	success = 100.0 * (double)(operations - failures) / (double)operations;
	contention = 100.0 * (double)counters.lost / (double)operations;
	p99 = quantile(&cpu, 990);
	printf("%-12s %7u %10ld %8llu %9.4f%% %7.2f %7.2f%c%8.2f %8.2f %10.1f "
	       "%6llu %7.4f%%%c %7.2f\n",
	       name, threads, operations, (unsigned long long)cpu.n, success,
	       (double)cpu.sum / 1e3 / (double)cpu.n, p99,
	       p99 < TARGET_P99 ? ' ' : '!', quantile(&cpu, 999),
	       quantile(&page, 990), quantile(&wall, 999),
	       (unsigned long long)counters.lost, contention,
	       contention < TARGET_CONTENTION ? ' ' : '!',
	       (double)operations / seconds / 1e6);
	return success >= TARGET_SUCCESS && cpu.n > 0 && counters.leaves > 0;
}
