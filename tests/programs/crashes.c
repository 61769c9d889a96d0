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
 *	crashes thread		a bad address in a second thread, both at once
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

/* The size word is the program's own: no lock is taken for it. */
NOINLINE static void crash_mix(const char *libc_free)
{
	void (*their_free)(void *);
	uint64_t *p = malloc(256);

	*(void **)&their_free = dlsym(RTLD_DEFAULT, libc_free);
	must(their_free && p);
	memset(p, 0, 256);
	p[3] = 2; /* as if it was mapped */
	their_free(opaque(p + 4));
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
	} else if (!strcmp(way, "thread")) {
		must(!pthread_create(&thread, NULL, crash_in_thread, NULL));
		crash_here();
	} else if (!strcmp(way, "mix")) {
		crash_mix(argc > 2 ? argv[2] : "__libc_free");
	}
	die("crashes: %s?", way);
}
