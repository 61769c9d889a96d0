/* SPDX-License-Identifier: MIT */
/*
 * Dies of a signal, or looks at its signals' actions:
 *
 *	crashes actions		prints what sigaction() and signal() say, before
 *				and after setting each action
 *	crashes address|abort|raise|divide|illegal|nowhere|sent
 *				by a bad address, abort(), a signal of its own,
 *a division, an instruction, a call to nowhere, a signal from its child crashes
 *handled		has a handler for SIGSEGV that leaves by siglongjmp,
 *three times; then returns 0
 *	crashes passed		has a handler that says so, restores the default
 *				and returns
 *	crashes once		the same by SA_RESETHAND
 *	crashes ignored		ignores SIGABRT and aborts
 *	crashes altstack	overflows its stack, with an alternate one that
 *				is as small as it may be
 *	crashes overflow|overflow-thread
 *				overflows its stack, the first one's or another
 *				thread's, allocating all the way
 *	crashes passed-on	has a handler set by the system call itself,
 *				that passes on to the one before it what it does
 *				not know, as Go's runtime does
 *	crashes altstacks	prints what sigaltstack() says, in threads and
 *				children, and which stack handlers run on
 *	crashes kernel LIBRARY	prints what the kernel says of both, when that
 *				library has been loaded
 *	crashes thread		a bad address in a second thread, both at once
 *	crashes corrupt		frees a block of libc's whose size word it has
 *				written over
 *	crashes mix FREE	gives FREE (of libc) a block behind a size word
 *				that libc dies of
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

static sigjmp_buf back;

static void on_signal(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static void on_signal_pass(int sig)
{
	static const char said[] = "handled\n";

	must(write(1, said, sizeof(said) - 1) > 0);
	signal(sig, SIG_DFL);
}

static void on_signal_once(int sig)
{
	static const char said[] = "once\n";

	(void)sig;
	must(write(1, said, sizeof(said) - 1) > 0);
}

static const char *name(void (*handler)(int))
{
	return handler == SIG_DFL	   ? "default"
	       : handler == SIG_IGN	   ? "ignore"
	       : handler == on_signal	   ? "ours"
	       : handler == on_signal_once ? "once"
					   : "another";
}

static void show(int sig, const char *when)
{
	struct sigaction sa;

	memset(&sa, 0xee, sizeof(sa));
	must(!sigaction(sig, NULL, &sa));
	printf("%d %s: %s flags %x mask %d\n", sig, when, name(sa.sa_handler),
	       (unsigned int)sa.sa_flags & ~0x04000000u,
	       sigismember(&sa.sa_mask, SIGTERM));
}

static void show_actions(void)
{
	struct sigaction sa = {.sa_handler = on_signal,
			       .sa_flags = SA_ONSTACK | SA_NODEFER},
			 old;

	sigaddset(&sa.sa_mask, SIGTERM);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		int sig = fatal[i];

		show(sig, "start");
		show(sig, "again");
		must(!sigaction(sig, &sa, &old));
		printf("was %s\n", name(old.sa_handler));
		show(sig, "set");
		printf("signal: was %s\n", name(signal(sig, SIG_DFL)));
		show(sig, "default");
		printf("signal: was %s\n", name(signal(sig, on_signal_once)));
		show(sig, "by signal");
		must(!sigaction(sig, &old, NULL));
		show(sig, "back");
		printf("signal: was %s\n", name(signal(sig, SIG_IGN)));
		show(sig, "ignored");
		printf("signal: was %s\n", name(signal(sig, SIG_DFL)));
		show(sig, "end");
	}
}

NOINLINE static void crash_here(void)
{
	*(volatile int *)opaque((void *)16) = 1;
}

static void *crash_in_thread(void *data)
{
	(void)data;
	crash_here();
	return NULL;
}

NOINLINE static int overflow(int n)
{
	volatile char here[4096];

	here[n & 4095] = (char)n;
	return opaque((void *)here) ? overflow(n + 1) + here[5] : 0;
}

NOINLINE static int overflow_blocks(int n)
{
	volatile char *here = malloc(32);

	here[5] = (char)n;
	n = opaque((void *)here) ? overflow_blocks(n + 1) + here[5] : 0;
	free((void *)here);
	return n;
}

static void *overflow_thread(void *data)
{
	overflow_blocks(0);
	return data;
}

static void small_altstack(void)
{
	/* sysconf has it since glibc 2.34. */
	stack_t stack = {.ss_size = getauxval(AT_MINSIGSTKSZ)};

	if ((long)stack.ss_size < MINSIGSTKSZ)
		stack.ss_size = MINSIGSTKSZ;
	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(stack.ss_sp != MAP_FAILED && !sigaltstack(&stack, NULL));
}

/* libc finds the size word wrong before it takes a lock. */
NOINLINE static void crash_corrupt(void)
{
	uint64_t *p = malloc(3000);

	must(p);
	((volatile uint64_t *)opaque(p))[-1] = 0;
	free(opaque(p));
}

/* The size word is the program's own: no lock is taken for it. */
NOINLINE static void crash_mix(const char *libc_free)
{
	void (*their_free)(void *);
	uint64_t *p = malloc(256);

	/* Other allocators may have it too. */
	*(void **)&their_free = dlsym(dlopen("libc.so.6", RTLD_NOW), libc_free);
	must(their_free && p);
	memset(p, 0, 256);
	p[3] = 2; /* as if it was mapped */
	their_free(opaque(p + 4));
}

static char *own_stack, *seen_at;

static void on_signal_where(int sig)
{
	char here;

	(void)sig;
	seen_at = opaque(&here);
}

/* The stack of the caller, the one it has set, or another? */
static void show_altstack(const char *when)
{
	stack_t now;
	char here, *end = opaque(&here);

	memset(&now, 0xee, sizeof(now));
	must(!sigaltstack(NULL, &now));
	printf("%s: flags %d, %s, size %zu", when, now.ss_flags,
	       !now.ss_sp		? "none"
	       : now.ss_sp == own_stack ? "own"
					: "another",
	       now.ss_size);
	seen_at = NULL;
	raise(SIGUSR1);
	if (seen_at)
		printf(", handler on %s",
		       seen_at > end - 65536 && seen_at < end ? "the stack"
		       : own_stack && seen_at > own_stack &&
				       seen_at < own_stack + 65536
			       ? "own"
			       : "another");
	putchar('\n');
}

static void *show_altstacks(void *data)
{
	stack_t stack = {.ss_size = 65536}, old;

	free(opaque(malloc(10))); /* known from here on */
	show_altstack(data);
	own_stack = stack.ss_sp = malloc(stack.ss_size);
	must(stack.ss_sp && !sigaltstack(&stack, &old));
	printf("was: flags %d, %p\n", old.ss_flags, old.ss_sp);
	show_altstack("set");
	stack.ss_flags = SS_DISABLE;
	must(!sigaltstack(&stack, &old) && old.ss_sp == own_stack);
	show_altstack("disabled");
	free(own_stack);
	own_stack = NULL;
	stack.ss_flags = 0;
	stack.ss_size = 100;
	printf("too small: %d\n", sigaltstack(&stack, NULL));
	show_altstack("end");
	return NULL;
}

static void altstacks(void)
{
	struct sigaction sa = {.sa_handler = on_signal_where,
			       .sa_flags = SA_ONSTACK};
	static const char *const rounds[] = {"without", "with"};
	pthread_t thread;
	pid_t child;

	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		show_altstacks((void *)rounds[i]);
		must(!pthread_create(&thread, NULL, show_altstacks,
				     (void *)rounds[i]) &&
		     !pthread_join(thread, NULL));
		child = fork();
		if (!child) {
			show_altstack("child");
			_exit(0);
		}
		must(waitpid(child, NULL, 0) == child);
		must(!sigaction(SIGUSR1, &sa, NULL));
	}
}

/* The kernel's own structure. */
struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static struct kernel_action before;

static void on_signal_pass_on(int sig, siginfo_t *info, void *context)
{
	if (before.handler) {
		before.handler(sig, info, context);
		return;
	}
	signal(sig, SIG_DFL);
}

/* With libc's own way back out of a handler. */
static void pass_on(int sig)
{
	struct kernel_action mine;
	struct sigaction any = {.sa_handler = on_signal};

	must(!syscall(SYS_rt_sigaction, sig, NULL, &before, 8L));
	must(!sigaction(SIGUSR2, &any, NULL));
	must(!syscall(SYS_rt_sigaction, SIGUSR2, NULL, &mine, 8L));
	mine.handler = on_signal_pass_on;
	mine.flags |= SA_SIGINFO;
	must(!syscall(SYS_rt_sigaction, sig, &mine, NULL, 8L));
}

static void show_kernel(const char *library)
{
	struct kernel_action now;
	stack_t stack;

	must(dlopen(library, RTLD_NOW));
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		must(!syscall(SYS_rt_sigaction, fatal[i], NULL, &now, 8L));
		printf("%d: %s\n", fatal[i],
		       now.handler ? "a handler" : "none");
	}
	free(opaque(malloc(10)));
	must(!syscall(SYS_sigaltstack, NULL, &stack));
	printf("stack: %d\n", stack.ss_flags);
}

static void set(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

	must(!sigaction(sig, &sa, NULL));
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	volatile int zero = 0, n = 0;
	pthread_t thread;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!strcmp(way, "actions")) {
		show_actions();
		return 0;
	} else if (!strcmp(way, "address")) {
		crash_here();
	} else if (!strcmp(way, "abort")) {
		abort();
	} else if (!strcmp(way, "raise")) {
		raise(SIGBUS);
	} else if (!strcmp(way, "divide")) {
		n = (argc + 100) / zero;
	} else if (!strcmp(way, "illegal")) {
		__asm__ volatile("ud2");
	} else if (!strcmp(way, "nowhere")) {
		((void (*)(void))opaque(NULL))();
	} else if (!strcmp(way, "sent")) {
		if (!fork()) {
			kill(getppid(), SIGSEGV);
			_exit(0);
		}
		for (;;)
			pause();
	} else if (!strcmp(way, "handled")) {
		set(SIGSEGV, on_signal, 0);
		while (n++ < 3)
			if (!sigsetjmp(back, 1))
				crash_here();
		return 0;
	} else if (!strcmp(way, "passed")) {
		set(SIGSEGV, on_signal_pass, 0);
		crash_here();
	} else if (!strcmp(way, "once")) {
		set(SIGSEGV, on_signal_once, (int)SA_RESETHAND);
		crash_here();
	} else if (!strcmp(way, "ignored")) {
		signal(SIGABRT, SIG_IGN);
		abort();
	} else if (!strcmp(way, "altstack")) {
		small_altstack();
		overflow(0);
	} else if (!strcmp(way, "altstacks")) {
		altstacks();
		return 0;
	} else if (!strcmp(way, "kernel")) {
		show_kernel(argv[2]);
		return 0;
	} else if (!strcmp(way, "overflow")) {
		overflow_blocks(0);
	} else if (!strcmp(way, "overflow-thread")) {
		must(!pthread_create(&thread, NULL, overflow_thread, NULL));
		pthread_join(thread, NULL);
	} else if (!strcmp(way, "passed-on")) {
		pass_on(SIGSEGV);
		pass_on(SIGABRT);
		if (argc > 2)
			abort();
		crash_here();
	} else if (!strcmp(way, "thread")) {
		must(!pthread_create(&thread, NULL, crash_in_thread, NULL));
		crash_here();
	} else if (!strcmp(way, "corrupt")) {
		crash_corrupt();
	} else if (!strcmp(way, "mix")) {
		crash_mix(argc > 2 ? argv[2] : "__libc_free");
	}
	die("crashes: %s?", way);
}
