/* SPDX-License-Identifier: MIT */
/*
 * A timer storm whose handler allocates:
 *
 *	signals LIBRARY              the handler uses LIBRARY's malloc and free
 *	                             while the program is in its own
 *	signals LIBRARY through      and the program's blocks go to libc's own
 *	                             free, by __libc_free, as they may where its
 *	                             malloc is a wrapper of libc's
 *	signals jump                 the handler uses malloc and leaves by
 *	                             siglongjmp; the program is never in malloc
 *	                             then
 *
 * At the end one block goes to libc's own free, by __libc_free: a fault when
 * another allocator is preloaded, and a sign that blocks are still known.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

#include "common.h"

#define PENDING 64
#define STORM	2000

extern void __libc_free(void *p);

static void *(*other_malloc)(size_t);
static void (*other_free)(void *);
static volatile int fired;
static void *pending[PENDING];
static void (*volatile release)(void *) = free;
static sigjmp_buf back;

static void on_timer(int sig)
{
	void *p = other_malloc(40), *q;

	(void)sig;
	must(p);
	q = __atomic_exchange_n(&pending[fired % PENDING], p, __ATOMIC_RELAXED);
	if (q)
		other_free(q);
	fired++;
}

static void on_timer_jump(int sig)
{
	(void)sig;
	free(malloc(40));
	fired++;
	siglongjmp(back, 1);
}

static void storm(void (*handler)(int), int on)
{
	struct itimerval every = {{0, 50}, {0, 50}};
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};

	if (!on)
		memset(&every, 0, sizeof(every));
	else
		must(!sigaction(SIGALRM, &sa, NULL));
	must(!setitimer(ITIMER_REAL, &every, NULL));
}

static void run_library(void)
{
	void *p[50] = {NULL};
	unsigned int i = 0;

	storm(on_timer, 1);
	while (fired < STORM) {
		i++;
		release(p[i % 50]);
		p[i % 50] = malloc(1 + i % 2000);
		if (i % 7 == 0)
			p[i % 50] = realloc(p[i % 50], 1 + i % 5000);
	}
	storm(NULL, 0);
	for (i = 0; i < 50; i++)
		release(p[i]);
	for (i = 0; i < PENDING; i++)
		if (pending[i])
			other_free(pending[i]);
}

static void run_jump(void)
{
	void *volatile block = malloc(30);

	if (sigsetjmp(back, 1)) {
		storm(NULL, 0);
		/* Between two storms: what is known must go on. */
		free(block);
		block = malloc(30 + fired % 100);
	}
	while (fired < STORM) {
		storm(on_timer_jump, 1);
		for (;;)
			__asm__ volatile("");
	}
	free(block);
}

NOINLINE static void signals_last(void)
{
	__libc_free(opaque(malloc(50)));
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	void *library;

	if (argc < 2)
		die("usage: signals LIBRARY [through]|jump");
	if (argc > 2)
		release = __libc_free;
	if (!strcmp(argv[1], "jump")) {
		run_jump();
	} else {
		library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
		if (!library)
			die("%s", dlerror());
		*(void **)&other_malloc = dlsym(library, "malloc");
		*(void **)&other_free = dlsym(library, "free");
		must(other_malloc && other_free);
		run_library();
	}
	signals_last();
	puts("signals: done");
	return 0;
}
