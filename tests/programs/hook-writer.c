/* SPDX-License-Identifier: MIT */
/*
 * Writes __free_hook, in one thread or another, and handles SIGTRAP itself:
 *
 *	hook-writer write|thread|child|malloc|blocked|handler|signal|ignored|
 *		    die
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

static void (*volatile *hook)(void *, const void *);
static volatile sig_atomic_t trapped, trapped_after;

static void find(void *variable, const char *name)
{
	void *found = dlsym(RTLD_DEFAULT, name);

	if (!found) /* of old programs alone */
		found = dlvsym(RTLD_DEFAULT, name, "GLIBC_2.2.5");
	if (!found)
		die("no %s", name);
	memcpy(variable, &found, sizeof(found));
}

/* What the hook leads to: the block is left alone. */
static void no_free(void *block, const void *caller)
{
	(void)block;
	(void)caller;
}

NOINLINE void write_hook(void)
{
	*hook = no_free;
	__asm__ volatile("");
}

NOINLINE void clear_hook(void)
{
	*hook = NULL;
	__asm__ volatile("");
}

static void *(*volatile *malloc_hook)(size_t, const void *);

static void *no_malloc(size_t size, const void *caller)
{
	(void)size;
	(void)caller;
	return NULL;
}

NOINLINE void write_malloc_hook(void)
{
	*malloc_hook = no_malloc;
	__asm__ volatile("");
}

static void *write_both(void *unused)
{
	write_hook();
	free(opaque(malloc(40)));
	clear_hook();
	return unused;
}

static void on_trap(int number)
{
	must(number == SIGTRAP);
	trapped++;
}

static void on_trap_after(int number, siginfo_t *si, void *context)
{
	must(number == SIGTRAP && si->si_pid == getpid() && context);
	trapped_after++;
}

static void by_sigaction(void)
{
	struct sigaction sa, old;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_trap;
	must(!sigaction(SIGTRAP, NULL, &old) && old.sa_handler == SIG_DFL);
	must(!sigaction(SIGTRAP, &sa, &old) && old.sa_handler == SIG_DFL);
	must(!raise(SIGTRAP) && trapped == 1);
	__asm__ volatile("int3");
	must(trapped == 2);
	write_both(NULL);
	must(trapped == 2);
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_trap_after;
	sa.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
	must(!sigaction(SIGTRAP, &sa, &old) && old.sa_handler == on_trap);
	must(!raise(SIGTRAP) && trapped_after == 1 && trapped == 2);
	/* SA_RESETHAND */
	must(!sigaction(SIGTRAP, NULL, &old) && old.sa_handler == SIG_DFL);
}

static void by_signal(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_trap;
	must(!sigaction(SIGTRAP, &sa, NULL));
	must(signal(SIGTRAP, SIG_IGN) == on_trap);
	must(!raise(SIGTRAP) && !trapped);
	must(signal(SIGTRAP, on_trap) == SIG_IGN);
	must(!raise(SIGTRAP) && trapped == 1);
	write_both(NULL);
	must(trapped == 1);
}

static void in_a_thread(void)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, write_both, NULL));
	must(!pthread_join(thread, NULL));
}

/* All is done in a child, which is what is reported. */
static void in_a_child(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		write_both(NULL);
		exit(0);
	}
	must(waitpid(child, &status, 0) == child && !status);
}

static void on_malloc(void)
{
	find(&malloc_hook, "__malloc_hook");
	write_malloc_hook();
	*malloc_hook = NULL;
}

/* SIGTRAP is blocked while the hook is written. */
static void while_blocked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	must(!sigprocmask(SIG_BLOCK, &set, NULL));
	write_both(NULL);
	must(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

static void ignored(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	must(!sigaction(SIGTRAP, &sa, NULL));
	must(!raise(SIGTRAP));
	write_both(NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "write";

	find(&hook, "__free_hook");
	if (!strcmp(what, "write"))
		write_both(NULL);
	else if (!strcmp(what, "thread"))
		in_a_thread();
	else if (!strcmp(what, "child"))
		in_a_child();
	else if (!strcmp(what, "malloc"))
		on_malloc();
	else if (!strcmp(what, "blocked"))
		while_blocked();
	else if (!strcmp(what, "handler"))
		by_sigaction();
	else if (!strcmp(what, "signal"))
		by_signal();
	else if (!strcmp(what, "ignored"))
		ignored();
	else if (!strcmp(what, "die"))
		raise(SIGTRAP);
	else
		die("hook-writer: %s?", what);
	puts("hook-writer: done");
	return 0;
}
