/* SPDX-License-Identifier: MIT */
/*
 * What it takes to make the ownership table larger, over three axes: threads,
 * number of growths, and how the threads meet.
 *
 *	growth [quick]
 *	growth heap ALLOCATOR THREADS BLOCKS	one row, for itself
 *
 *	ptmalloc,  real blocks of an allocator, of a heap that grows
 *	one arena (growth-heaps.c); `one arena' is ptmalloc with no more than
 *	...        one
 *	own        each thread has a border of its own that moves up, as with an
 *	           arena for each thread: blocks of 64 bytes
 *	frontier   all threads take their blocks in turns from one border, and
 *go to a fresh region together after a thousand: the worst that threads can do
 *to each other enter      each growth is the first block in a region of 256
 *MiB: the worst kind, a map, a page of it and a leaf mixed      the table does
 *not grow: threads install and remove, eight bytes apart, over and over; what
 *is mapped and what is resident may not grow either
 *
 * Beside them stands the first write to a fresh page, which no table can do
 * without: what the kernel, and a hypervisor under it, takes for memory.
 *
 * Each row is a process of its own, with a table of its own.  But for those of
 * allocators addresses are numbers only.  Exits with 1 where blocks were not
 * recorded or the table drifted; what misses another target has a ! behind it
 * and decides nothing, since it is the machine's too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "growth-figures.h"
#include "growth-heaps.h"
#include "preload/arena.h"
#include "preload/owner-table.h"

#define BASE	  ((uintptr_t)1 << 40)
#define REGION	  ((uintptr_t)1 << 28)
#define OWN	  ((uintptr_t)1 << 34) /* from one thread's border to the next */
#define IN_REGION 1000		       /* blocks in one of the frontier's */
#define ENTRY	  16		       /* pairs in a region that is entered */
#define PAGE	  4096 /* a new thread's stack may differ by one */

static long blocks; /* of all threads together */
static long frontier;

static void *own(void *arg)
{
	struct worker *w = arg;
	uintptr_t addr;

	for (long i = 0; i < blocks / threads; i++) {
		addr = BASE + w->id * OWN + (uintptr_t)i * 64;
		install(w, addr, 64);
		if (random_number(w) % 4)
			take(w, addr);
	}
	return NULL;
}

static void *on_frontier(void *arg)
{
	struct worker *w = arg;
	uintptr_t addr;
	long n;

	for (;;) {
		n = __atomic_fetch_add(&frontier, 1, __ATOMIC_RELAXED);
		if (n >= blocks)
			return NULL;
		addr = BASE + (uintptr_t)(n / IN_REGION) * REGION +
		       (uintptr_t)(n % IN_REGION) * 64;
		install(w, addr, 64);
		if (random_number(w) % 4)
			take(w, addr);
	}
}

static void *enter(void *arg)
{
	struct worker *w = arg;
	uintptr_t addr;

	for (long i = w->id; i < blocks / ENTRY; i += threads)
		for (uintptr_t k = 0; k < ENTRY; k++) {
			addr = BASE + (uintptr_t)i * REGION + k * 32;
			install(w, addr, 24);
			take(w, addr);
		}
	return NULL;
}

static const struct pattern {
	const char *name;
	void *(*work)(void *);
	long few, many; /* blocks */
} patterns[] = {
	{"own", own, 62500, 500000},
	{"frontier", on_frontier, 62500, 500000},
	{"enter", enter, 4000, 32000},
};

static int pattern_row(const struct pattern *p, unsigned n, long count)
{
	blocks = count;
	prepare(n);
	return !print_growth(p->name, run(p->work));
}

/* --------------------------------------------------------------- no growth */

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
	long memory, drift, all, failures;
	uint64_t mapped;
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
	sum_up(&all, &failures);
	printf("%-12s %7u %10ld %9.4f%% %10llu %12llu %10ld %8.2f\n", "mixed",
	       n, all, 100.0 * (double)(all - failures) / (double)all,
	       (unsigned long long)(after.leaves - before.leaves),
	       (unsigned long long)mapped, drift, (double)steps / took / 1e6);
	return failures || mapped || drift > (long)n * PAGE ||
	       after.leaves != before.leaves;
}

/* -------------------------------------------------------------------- rows */

struct row {
	const struct heap *heap;       /* or */
	const struct pattern *pattern; /* or neither: mixed */
	unsigned threads;
	long count;
};

/* Runs one row in a process of its own. */
static int in_child(const struct row *row)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (row->heap)
			exec_heap_row(row->heap, row->threads, row->count);
		status = row->pattern ? pattern_row(row->pattern, row->threads,
						    row->count)
				      : mixed_row(row->threads, row->count);
		fflush(stdout);
		_exit(status);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int bench(int quick)
{
	static const unsigned all[] = {1, 2, 4, 8, 16}, few[] = {2, 16};
	const unsigned *t = quick ? few : all;
	unsigned nt = quick ? COUNT(few) : COUNT(all), i, k;
	int bad = 0;

	print_growth_head();
	for (const struct heap *heap = heaps; heap->name; heap++)
		for (i = 0; i < nt; i++)
			bad |= in_child(
				&(struct row){.heap = heap,
					      .threads = t[i],
					      .count = quick ? 20000 : 400000});
	for (k = 0; k < COUNT(patterns); k++)
		for (i = 0; i < nt * (quick ? 1 : 2); i++)
			bad |= in_child(&(struct row){
				.pattern = &patterns[k],
				.threads = t[i % nt],
				.count = i < nt ? patterns[k].few
						: patterns[k].many});
	printf("\na long mixed run (target: no drift)\n"
	       "pattern      threads operations    success new leaves "
	       "new mapped B new memory  M/CPU s\n");
	for (i = 0; i < nt; i++)
		bad |= in_child(&(struct row){
			.threads = t[i], .count = quick ? 400000 : 16000000});
	return bad;
}

int main(int argc, char **argv)
{
	const struct heap *heap = heaps;

	if (argc < 5 || strcmp(argv[1], "heap"))
		return bench(argc > 1 && !strcmp(argv[1], "quick"));
	while (heap->name && strcmp(heap->name, argv[2]))
		heap++;
	if (!heap->name)
		return 99;
	return heap_row(heap, (unsigned)atoi(argv[3]), atol(argv[4]));
}
