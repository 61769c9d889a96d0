/* SPDX-License-Identifier: MIT */
/*
 * Walking the stack by unwind tables, compared with libunwind's answer at the
 * same place: a wrong frame cannot hide.  And what is no stack at all must
 * end a walk, not the program.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <alloca.h>
#include <check.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "modules-double.h"
#include "preload/cfi-rule.h"
#include "preload/modules.h"
#include "preload/unwind.h"
#include "test-unwind.h"

#define DEPTH 128

static int (*peer)(void **buffer, int size);

/* libunwind 1.3 gives the byte before each return address. */
static int peer_gives_calls;

static int probes, least = 2;
char wrong[256];

#define MEMOS 64

/* Earlier walks: where they began, what decided, where they led. */
static struct memo {
	struct alck_frame start;
	struct alck_trace trace;
	uintptr_t pcs[DEPTH + 4];
	int n;
} memos[MEMOS];

static int memo_next, recalled;

static int still_so(const struct memo *m, const struct alck_frame *here)
{
	return m->n && !m->trace.overflow && m->start.pc == here->pc &&
	       m->start.sp == here->sp &&
	       !alck_trace_differs(&m->trace, 0, here->sp, m->pcs + 1) &&
	       alck_trace_ends_same(&m->trace, here->sp, m->start.fp, here->fp);
}

/* A walk that read then what lies there now must have led to the same stack.
 * Remembers this one too. */
static int decided(const struct alck_frame *here, const uintptr_t *pcs, int n)
{
	struct memo *m;
	int i;

	for (i = 0; i < MEMOS; i++) {
		m = &memos[i];
		if (!still_so(m, here))
			continue;
		recalled++;
		if (m->n != n || memcmp(m->pcs, pcs, (size_t)n * sizeof(*pcs)))
			return 0;
	}
	m = &memos[memo_next++ % MEMOS];
	m->start = *here;
	m->n = (int)alck_unwind_traced(m->pcs, DEPTH, here, &m->trace);
	for (i = m->n; i < DEPTH + 4; i++)
		m->pcs[i] = m->pcs[1];
	return m->n == n && !memcmp(m->pcs, pcs, (size_t)n * sizeof(*pcs));
}

static int same_pc(uintptr_t ours, const void *theirs)
{
	return ours == (uintptr_t)theirs ||
	       (peer_gives_calls && ours == (uintptr_t)theirs + 1);
}

__attribute__((noinline)) static void know_peer(void)
{
	uintptr_t caller = (uintptr_t)__builtin_return_address(0);
	void *theirs[DEPTH];
	int total = peer(theirs, DEPTH), i;

	for (i = 0; i < total; i++)
		if ((uintptr_t)theirs[i] + 1 == caller)
			peer_gives_calls = 1;
}

/* Notes what differs instead of failing: it runs in signal handlers and
 * other threads too. */
__attribute__((noinline)) void probe(void)
{
	uintptr_t ours[DEPTH];
	void *theirs[DEPTH + 8];
	struct alck_frame here;
	int n, total, first, i;

	alck_frame_here(&here);
	n = alck_unwind(ours, DEPTH, &here);
	total = peer(theirs, DEPTH + 8);
	for (first = 0; first < total; first++)
		if (same_pc(ours[0], theirs[first]))
			break;
	total -= first;
	if (total > DEPTH)
		total = DEPTH;
	while (total > 0 && !theirs[first + total - 1])
		total--;
	probes++;
	if (wrong[0])
		return;
	if (!decided(&here, ours, n))
		snprintf(wrong, sizeof(wrong), "probe %d: what it read fails",
			 probes);
	for (i = 0; i < n && i < total; i++)
		if (!same_pc(ours[i], theirs[first + i]))
			break;
	if (i < n || n != total || n < least)
		snprintf(wrong, sizeof(wrong),
			 "probe %d: %d frames, libunwind %d; after %d: %#lx, "
			 "libunwind %p",
			 probes, n, total, i,
			 i < n ? (unsigned long)ours[i] : 0,
			 i < total ? theirs[first + i] : NULL);
}

static void setup(void)
{
	void *handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	if (handle)
		peer = (int (*)(void **, int))dlsym(handle, "unw_backtrace");
	ck_assert_msg(peer != NULL, "libunwind.so.8 is needed to compare with");
	know_peer();
	modules_double_refresh();
}

static void ck_probed(int times)
{
	ck_assert_msg(!wrong[0], "%s", wrong);
	ck_assert_int_eq(probes, times);
	ck_assert_uint_eq(alck_unwind_short_stacks(), 0);
}

/* Keeps the compiler from turning the last call into a jump. */
#define NOT_LAST() __asm__ volatile("" ::: "memory")

static __attribute__((noinline)) void deep(int n)
{
	if (n)
		deep(n - 1);
	else
		probe();
	NOT_LAST();
}

START_TEST(recursion)
{
	deep(0);
	deep(1);
	deep(50);
	least = DEPTH;
	deep(1000);
	ck_probed(4);
}
END_TEST

static __attribute__((noinline)) void middle(void)
{
	probe();
	NOT_LAST();
}

static __attribute__((noinline)) void left(int n)
{
	middle();
	if (n)
		left(n - 1);
	NOT_LAST();
}

static __attribute__((noinline)) void right(int n)
{
	middle();
	if (n)
		left(n - 1);
	NOT_LAST();
}

/* The same call at the same place of the stack, under other callers. */
START_TEST(other_callers)
{
	int i;

	for (i = 0; i < 20; i++) {
		left(i % 3);
		right(i % 4);
	}
	ck_assert_int_gt(probes, 50);
	ck_assert_int_gt(recalled, 50);
	ck_probed(probes);
}
END_TEST

static __attribute__((noinline)) void with_array(size_t n)
{
	volatile char *a = alloca(n);

	a[0] = a[n - 1] = 1;
	probe();
	NOT_LAST();
}

START_TEST(variable_frames)
{
	with_array(1);
	with_array(777);
	with_array(100000);
	with_array(3000000);
	ck_probed(4);
}
END_TEST

/* Realigns its stack: the caller's is found through a saved pointer. */
static __attribute__((noinline)) void aligned(size_t n, int depth)
{
	_Alignas(64) volatile char fixed[64];
	volatile char *a = alloca(n);

	a[0] = fixed[0] = 1;
	ck_assert_uint_eq((uintptr_t)fixed % 64, 0);
	if (depth)
		aligned(n + 8, depth - 1);
	else
		probe();
	ck_assert_int_eq(fixed[0], 1);
}

START_TEST(realigned)
{
	aligned(8, 0);
	aligned(40, 7);
	ck_probed(2);
}
END_TEST

static int compare(const void *a, const void *b)
{
	probe();
	return *(const int *)a - *(const int *)b;
}

START_TEST(callbacks)
{
	int numbers[] = {3, 1, 2}, two = 2;
	int *found;

	qsort(numbers, 3, sizeof(int), compare);
	found = bsearch(&two, numbers, 3, sizeof(int), compare);
	ck_assert_ptr_eq(found, &numbers[1]);
	ck_assert_int_ge(probes, 3);
	ck_probed(probes);
}
END_TEST

START_TEST(exceptions)
{
	ck_assert_int_eq(throw_and_catch(5), 7);
	/* Constructors, destructors of frames and exceptions, handlers. */
	ck_assert_int_ge(probes, 6 + 2 + 4);
	ck_probed(probes);
}
END_TEST

static void handler(int sig)
{
	(void)sig;
	deep(2);
}

static __attribute__((noinline)) void raise_below(int n)
{
	if (n)
		raise_below(n - 1);
	else
		raise(SIGUSR1);
	NOT_LAST();
}

static __attribute__((noinline)) int fault(volatile int *p)
{
	return *p + 1;
}

static void *page;

static void fault_handler(int sig)
{
	(void)sig;
	deep(2);
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static char other_stack[262144];

static void catch_signal(int sig, void (*with)(int), int flags)
{
	struct sigaction action = {.sa_handler = with, .sa_flags = flags};
	stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};

	ck_assert(!sigaltstack(&stack, NULL));
	ck_assert(!sigaction(sig, &action, NULL));
}

START_TEST(signals)
{
	int flags = _i ? SA_ONSTACK : 0;

	catch_signal(SIGUSR1, handler, flags);
	least = 10;
	raise_below(3);
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	catch_signal(SIGSEGV, fault_handler, flags);
	ck_assert_int_eq(fault(page), 1);
	ck_probed(2);
}
END_TEST

static int compare_quietly(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static __attribute__((noinline)) int sum_of(int n)
{
	volatile char *a = alloca((size_t)n + 1);

	a[n] = (char)n;
	return n ? sum_of(n - 1) + a[n] : 0;
}

#define TRAP_FLAG 0x100

static volatile int step_on;

/* Starts stepping when it returns from SIGUSR2, ends it at a SIGTRAP. */
static void stepper(int sig, siginfo_t *info, void *context)
{
	greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];

	(void)info;
	if (sig == SIGTRAP)
		probe();
	*flags = step_on ? *flags | TRAP_FLAG : *flags & ~TRAP_FLAG;
}

/*
 * A trap after each instruction: in prologues and epilogues, in the PLT and in
 * the loader's lazy binding of a function not called before.  Not where a stack
 * is realigned: there libunwind itself crashes.  The probe is not stepped
 * through: what it remembers is not made for that.
 */
START_TEST(every_instruction)
{
	struct sigaction action = {.sa_sigaction = stepper,
				   .sa_flags = SA_SIGINFO};
	int numbers[] = {2, 1};

	ck_assert(!sigaction(SIGTRAP, &action, NULL));
	ck_assert(!sigaction(SIGUSR2, &action, NULL));
	step_on = 1;
	raise(SIGUSR2);
	sum_of(5);
	qsort(numbers, 2, sizeof(int), compare_quietly);
	ck_assert_ptr_null(getenv("ALCK_NO_SUCH_VARIABLE"));
	step_on = 0;
	NOT_LAST();
	ck_assert_int_ge(probes, 500);
	ck_probed(probes);
}
END_TEST

static void *thread_main(void *arg)
{
	deep((int)(intptr_t)arg);
	return arg;
}

static int small_frames;

static __attribute__((noinline)) void small_probe(int n)
{
	struct alck_frame here;
	uintptr_t pcs[32];

	if (n)
		small_probe(n - 1);
	else {
		alck_frame_here(&here);
		small_frames = alck_unwind(pcs, 32, &here);
	}
	NOT_LAST();
}

static void *small_thread(void *arg)
{
	small_probe(10);
	return arg;
}

START_TEST(threads)
{
	pthread_t thread;
	pthread_attr_t attr;

	ck_assert(!pthread_create(&thread, NULL, thread_main, (void *)20));
	pthread_join(thread, NULL);
	ck_probed(1);
	/* The smallest stack there is, on which libunwind has no room. */
	ck_assert(!pthread_attr_init(&attr));
	ck_assert(!pthread_attr_setstacksize(&attr, 16384));
	ck_assert(!pthread_create(&thread, &attr, small_thread, NULL));
	pthread_join(thread, NULL);
	/* Ten calls, small_thread, libc's start and clone. */
	ck_assert_int_eq(small_frames, 13);
	ck_assert_uint_eq(alck_unwind_short_stacks(), 0);
}
END_TEST

/* Whatever lies in the registers. */
START_TEST(any_start)
{
	struct alck_frame here, start;
	uintptr_t pcs[DEPTH];
	unsigned long seed = 1;
	int i, n;

	alck_frame_here(&here);
	for (i = 0; i < 200000; i++) {
		start = here;
		seed = seed * 6364136223846793005 + 1442695040888963407;
		if (seed >> 60 & 1)
			start.sp += (seed >> 33) % 65536 * 8 - 4096;
		if (seed >> 61 & 1)
			start.fp = seed >> 62 & 1
					   ? seed >> 16
					   : start.sp + (seed >> 40) % 9999;
		/* Any place in this program's code and in libc's. */
		start.pc += (seed >> 20) % 16384;
		if (seed >> 63)
			start.pc = (uintptr_t)qsort + (seed >> 30) % 500000;
		n = alck_unwind(pcs, DEPTH, &start);
		ck_assert(n >= 1 && n <= DEPTH);
	}
	/* And the cache is not spoilt by it. */
	n = (int)alck_unwind_short_stacks();
	deep(5);
	ck_assert_msg(!wrong[0], "%s", wrong);
	ck_assert_int_eq((int)alck_unwind_short_stacks(), n);
}
END_TEST

static uintptr_t way_pcs[2][8];
static int way_frames[2];

static __attribute__((noinline)) void compare_ways(enum alck_unwind_way way)
{
	struct alck_frame here;

	alck_frame_here(&here);
	alck_unwind_select(ALCK_UNWIND_CFI);
	way_frames[0] = alck_unwind(way_pcs[0], 8, &here);
	alck_unwind_select(way);
	way_frames[1] = alck_unwind(way_pcs[1], 8, &here);
	NOT_LAST();
}

/* With an array whose size it does not know, the compiler needs a frame
 * pointer. */
static __attribute__((noinline)) void chain(int n, enum alck_unwind_way way)
{
	volatile char *a = alloca((size_t)n + 1);

	a[n] = 1;
	if (n)
		chain(n - 1, way);
	else
		compare_ways(way);
	NOT_LAST();
}

START_TEST(other_ways)
{
	ck_assert_str_eq(alck_unwind_name(), "cfi");
	chain(9, ALCK_UNWIND_FP);
	ck_assert_str_eq(alck_unwind_name(), "fp");
	ck_assert_int_eq(way_frames[0], 8);
	ck_assert_int_eq(way_frames[1], 8);
	ck_assert_mem_eq(way_pcs[0], way_pcs[1], sizeof(way_pcs[0]));

	chain(9, ALCK_UNWIND_CALLER);
	ck_assert_str_eq(alck_unwind_name(), "caller");
	ck_assert_int_eq(way_frames[1], 1);
	ck_assert_uint_eq(way_pcs[1][0], way_pcs[0][0]);

	/* Not opened yet: the tables serve. */
	chain(9, ALCK_UNWIND_LIBUNWIND);
	ck_assert_str_eq(alck_unwind_name(), "cfi (libunwind.so.8 not found)");
	ck_assert_int_eq(way_frames[1], 8);
	/* One that gives calls cannot be used, and the tables go on serving. */
	ck_assert_int_eq(alck_unwind_libunwind_open(),
			 peer_gives_calls ? -1 : 0);
	if (!peer_gives_calls)
		ck_assert_str_eq(alck_unwind_name(), "libunwind");
	memset(way_pcs, 0, sizeof(way_pcs));
	chain(9, ALCK_UNWIND_LIBUNWIND);
	ck_assert_int_eq(way_frames[1], 8);
	ck_assert_mem_eq(way_pcs[0], way_pcs[1], sizeof(way_pcs[0]));
	ck_assert_uint_eq(alck_unwind_short_stacks(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unwind");
	TCase *c = tcase_create("unwind");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, recursion);
	tcase_add_test(c, other_callers);
	tcase_add_test(c, variable_frames);
	tcase_add_test(c, realigned);
	tcase_add_test(c, callbacks);
	tcase_add_test(c, exceptions);
	tcase_add_loop_test(c, signals, 0, 2);
	tcase_add_test(c, every_instruction);
	tcase_add_test(c, threads);
	tcase_add_test(c, any_start);
	add_table_tests(c);
	tcase_add_test(c, other_ways);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
