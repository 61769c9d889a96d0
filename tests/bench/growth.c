/* SPDX-License-Identifier: MIT */
/*
 * What it takes to make the ownership table larger, over three axes: threads,
 * number of growths, and how the threads meet.
 *
 *	growth [quick]
 *
 *	own        each thread enters regions of its own, as with an allocator
 *	           that has an arena for each thread
 *	frontier   all threads take their blocks from one border that moves up,
 *	           as with one arena that grows: they enter a region together
 *	mixed      the table does not grow: threads install and remove, eight
 *	           bytes apart, over and over; what is mapped and what is
 *	           resident may not grow either
 *
 * A growing operation is an install in a region that no block was in.  Its
 * time is given on the thread's own clock (CPU) and on the wall's, where a
 * thread that waits for a processor counts too.  Beside it stands the first
 * write to a fresh page, which no table can do without: what the kernel, and a
 * hypervisor under it, takes for memory.  Lost: a leaf was made twice at once,
 * and one of them was put aside.  M/CPU s: a million operations in a second of
 * CPU time.
 *
 * Addresses are numbers only.  Each row is a process of its own, with a table
 * of its own.  Exits with 1 where blocks were not recorded or the table
 * drifted; what misses another target has a ! behind it and decides nothing,
 * since it is the machine's too.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "preload/arena.h"
#include "preload/owner-table.h"

#define BASE	    ((uintptr_t)1 << 40)
#define REGION	    ((uintptr_t)1 << 26)
#define MAX_THREADS 16
#define MAX_GROWTHS 8000
#define BLOCKS	    16	 /* pairs in a region of one's own */
#define IN_REGION   1000 /* blocks in one of the frontier's */
#define LEAF	    ((size_t)1 << 25)
#define PAGE	    4096 /* a new thread's stack may differ by one */

#define TARGET_SUCCESS	  99.99 /* per cent */
#define TARGET_P99	  15.0	/* us */
#define TARGET_CONTENTION 0.02	/* per cent of all operations */

struct worker {
	pthread_t thread;
	unsigned id;
	uint64_t random;
	long operations, failures;
	long growths, pages;
	/* Of each growing operation: ns, and those of a first write to a page
	 * as far away as a leaf, which no table can do without. */
	uint32_t *cpu, *wall, *page;
};

static struct worker workers[MAX_THREADS];
static unsigned threads;
static long growths; /* of all threads together */
static pthread_barrier_t barrier;
static uint8_t entered[MAX_GROWTHS + 1];
static long frontier;
static char *fresh; /* memory that nobody has touched */

static uint64_t random_number(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* An install that must be there afterwards, timed where it is the first one in
 * its region. */
static void install(struct worker *w, uintptr_t addr, uint64_t size)
{
	uint8_t *seen = &entered[(addr - BASE) / REGION];
	struct alck_block block;
	uint64_t cpu, wall;
	int failed;

	w->operations++;
	if (__atomic_load_n(seen, __ATOMIC_RELAXED)) {
		failed = alck_table_install(addr, size, w->id, 1);
	} else {
		cpu = now(CLOCK_THREAD_CPUTIME_ID);
		wall = now(CLOCK_MONOTONIC);
		failed = alck_table_install(addr, size, w->id, 1);
		w->wall[w->growths] = (uint32_t)(now(CLOCK_MONOTONIC) - wall);
		w->cpu[w->growths] =
			(uint32_t)(now(CLOCK_THREAD_CPUTIME_ID) - cpu);
		if (!__atomic_exchange_n(seen, 1, __ATOMIC_RELAXED)) {
			cpu = now(CLOCK_THREAD_CPUTIME_ID);
			fresh[(size_t)(seen - entered) * LEAF] = 1;
			w->page[w->pages++] =
				(uint32_t)(now(CLOCK_THREAD_CPUTIME_ID) - cpu);
		}
		w->growths++;
		if (alck_table_lookup(addr, &block) != ALCK_LIVE ||
		    block.owner != w->id)
			failed = 1;
	}
	w->failures += failed != 0;
}

static void take(struct worker *w, uintptr_t addr)
{
	struct alck_block block;

	w->operations++;
	if (alck_table_take(addr, w->id, &block) != ALCK_REMOVED)
		w->failures++;
	else
		alck_table_tombstone(addr, &block, 2);
}

static void *own(void *arg)
{
	struct worker *w = arg;
	uintptr_t region, addr;
	long i;
	int k;

	pthread_barrier_wait(&barrier);
	for (i = w->id; i < growths; i += threads) {
		region = BASE + (uintptr_t)i * REGION;
		for (k = 0; k < BLOCKS; k++) {
			addr = region + (random_number(w) % 65536) * 16;
			install(w, addr, 64);
			take(w, addr);
		}
	}
	return NULL;
}

/* Blocks of 64 bytes, the next one always whoever comes next's; a region is
 * left after a thousand. */
static void *on_frontier(void *arg)
{
	struct worker *w = arg;
	uintptr_t addr;
	long n;

	pthread_barrier_wait(&barrier);
	for (;;) {
		n = __atomic_fetch_add(&frontier, 1, __ATOMIC_RELAXED);
		if (n / IN_REGION >= growths)
			return NULL;
		addr = BASE + (uintptr_t)(n / IN_REGION) * REGION +
		       (uintptr_t)(n % IN_REGION) * 64;
		install(w, addr, 64);
		if (random_number(w) % 4)
			take(w, addr);
	}
}

#define MINE 512 /* blocks of a thread */

static long mixed_steps;

/* Each thread has places of its own.  Those for blocks of 8 bytes lie between
 * those of the others, so that a granule's two halves are two threads'. */
static uintptr_t place(const struct worker *w, uintptr_t slot, int small)
{
	uintptr_t n = slot * MAX_THREADS + w->id;

	return small ? BASE + n * 8 : BASE + REGION / 2 + n * 64;
}

static void *mixed(void *arg)
{
	uintptr_t addr[MINE] = {0}, slot;
	struct worker *w = arg;
	long i;

	for (i = 0; i < mixed_steps; i++) {
		uint64_t r = random_number(w);

		slot = r % MINE;
		if (addr[slot]) {
			take(w, addr[slot]);
			addr[slot] = 0;
			continue;
		}
		addr[slot] = place(w, slot, r & 1024);
		install(w, addr[slot], r & 1024 ? 8 : 64);
	}
	for (i = 0; i < MINE; i++)
		if (addr[i])
			take(w, addr[i]);
	return NULL;
}

static void *room_for(size_t n, size_t size)
{
	void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* Returns seconds of CPU time, of all threads. */
static double run(void *(*work)(void *))
{
	uint64_t start;
	unsigned i;

	pthread_barrier_init(&barrier, NULL, threads + 1);
	for (i = 0; i < threads; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			abort();
	if (work != mixed)
		pthread_barrier_wait(&barrier);
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	for (i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	return (double)(now(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e9;
}

static void prepare(unsigned n)
{
	unsigned i;

	threads = n;
	fresh = mmap(NULL, (MAX_GROWTHS + 1) * LEAF, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fresh == MAP_FAILED)
		abort();
	madvise(fresh, (MAX_GROWTHS + 1) * LEAF, MADV_NOHUGEPAGE);
	for (i = 0; i < n; i++) {
		workers[i].id = i;
		workers[i].random = 88172645463325252u + i * 7919u;
		workers[i].cpu = room_for(MAX_GROWTHS, 4);
		workers[i].wall = room_for(MAX_GROWTHS, 4);
		workers[i].page = room_for(MAX_GROWTHS, 4);
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The sample that PER_MILLE of all are not above, in us. */
static double quantile(const uint32_t *sorted, long n, long per_mille)
{
	long rank = (n * per_mille + 999) / 1000;

	return sorted[rank > 0 ? rank - 1 : 0] / 1e3;
}

struct sums {
	long operations, failures, growths, pages;
	double mean;
	uint32_t *cpu, *wall, *page;
};

static long append(uint32_t *to, long n, const uint32_t *from, long count)
{
	memcpy(to + n, from, (size_t)count * 4);
	return n + count;
}

static void sum_up(struct sums *s)
{
	unsigned i;
	long k;

	memset(s, 0, sizeof(*s));
	s->cpu = room_for(MAX_GROWTHS * MAX_THREADS, 4);
	s->wall = room_for(MAX_GROWTHS * MAX_THREADS, 4);
	s->page = room_for(MAX_GROWTHS * MAX_THREADS, 4);
	for (i = 0; i < threads; i++) {
		const struct worker *w = &workers[i];

		s->operations += w->operations;
		s->failures += w->failures;
		append(s->cpu, s->growths, w->cpu, w->growths);
		s->pages = append(s->page, s->pages, w->page, w->pages);
		s->growths = append(s->wall, s->growths, w->wall, w->growths);
	}
	for (k = 0; k < s->growths; k++)
		s->mean += s->cpu[k] / 1e3 / (double)s->growths;
	qsort(s->cpu, (size_t)s->growths, 4, by_value);
	qsort(s->wall, (size_t)s->growths, 4, by_value);
	qsort(s->page, (size_t)s->pages, 4, by_value);
}

static int grow_row(const char *name, void *(*work)(void *), unsigned n,
		    long regions)
{
	struct alck_table_counters counters;
	double took, success, contention, p99;
	struct sums s;

	growths = regions;
	prepare(n);
	took = run(work);
	sum_up(&s);
	alck_table_counters(&counters);
	success = 100.0 * (double)(s.operations - s.failures) /
		  (double)s.operations;
	contention = 100.0 * (double)counters.lost / (double)s.operations;
	p99 = quantile(s.cpu, s.growths, 990);
	printf("%-9s %7u %7ld %9.4f%% %7.2f %7.2f%c%8.2f %8.2f %9.1f %6llu "
	       "%9.4f%%%c%8.2f\n",
	       name, n, regions, success, s.mean, p99,
	       p99 < TARGET_P99 ? ' ' : '!', quantile(s.cpu, s.growths, 999),
	       quantile(s.page, s.pages, 990), quantile(s.wall, s.growths, 999),
	       (unsigned long long)counters.lost, contention,
	       contention < TARGET_CONTENTION ? ' ' : '!',
	       (double)s.operations / took / 1e6);
	return success < TARGET_SUCCESS || counters.leaves < (uint64_t)regions;
}

/* Exact, unlike what statm says, which is up to some hundred KiB late. */
static long resident(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Anonymous: %ld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * 1024;
}

static int mixed_row(unsigned n, long steps)
{
	struct alck_table_counters before, after;
	uint64_t mapped;
	long memory, drift;
	struct sums s;
	double took;
	int i;

	prepare(n);
	/* The first runs bring in leaves, stacks and what is libc's own. */
	mixed_steps = 100000;
	for (i = 0; i < 3; i++)
		run(mixed);
	resident();
	alck_table_counters(&before);
	mapped = alck_arena_mapped();
	memory = resident();
	mixed_steps = steps / n;
	took = run(mixed);
	drift = resident() - memory;
	alck_table_counters(&after);
	mapped = alck_arena_mapped() - mapped;
	sum_up(&s);
	printf("%-9s %7u %10ld %9.4f%% %11llu %12llu %12ld %8.2f\n", "mixed", n,
	       s.operations,
	       100.0 * (double)(s.operations - s.failures) /
		       (double)s.operations,
	       (unsigned long long)(after.leaves - before.leaves),
	       (unsigned long long)mapped, drift, (double)steps / took / 1e6);
	return s.failures || mapped || drift > (long)n * PAGE ||
	       after.leaves != before.leaves;
}

/* Runs one row in a process of its own. */
static int in_child(int grow, const char *name, void *(*work)(void *),
		    unsigned n, long count)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = grow ? grow_row(name, work, n, count)
			      : mixed_row(n, count);
		fflush(stdout);
		_exit(status);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(int argc, char **argv)
{
	static const unsigned all[] = {1, 2, 4, 8, 16}, few[] = {2, 16};
	static const long many[] = {250, 1000, 4000}, one[] = {250};
	int quick = argc > 1 && !strcmp(argv[1], "quick"), bad = 0;
	const unsigned *t = quick ? few : all;
	unsigned nt = quick ? 2 : 5, i, k;

	printf("growing the table (targets: success %.2f%%, P99 below %.0f us, "
	       "contention below %.2f%%)\n"
	       "pattern   threads growths    success mean us  P99 us P99.9 us "
	       "page P99 "
	       "wall P99.9  lost of all ops  M/CPU s\n",
	       TARGET_SUCCESS, TARGET_P99, TARGET_CONTENTION);
	for (k = 0; k < (quick ? 1 : 3); k++)
		for (i = 0; i < nt; i++) {
			long n = quick ? one[k] : many[k];

			bad |= in_child(1, "own", own, t[i], n);
			bad |= in_child(1, "frontier", on_frontier, t[i], n);
		}
	printf("\na long mixed run (target: no drift)\n"
	       "pattern   threads operations    success  new leaves "
	       "new mapped B  new memory  M/CPU s\n");
	for (i = 0; i < nt; i++)
		bad |= in_child(0, "mixed", mixed, t[i],
				quick ? 400000 : 40000000);
	return bad;
}
