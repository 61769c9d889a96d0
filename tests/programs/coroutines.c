/* SPDX-License-Identifier: MIT */
/*
 * Coroutines:
 *
 *	coroutines ROUNDS
 *
 * Sixteen of them, each on a stack of its own, allocate at changing depths and
 * go over to the next one; another one frees what they made.  Their stacks are
 * unmapped and others are mapped in the same place.  A signal handler on an
 * alternate stack allocates, too.
 */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "common.h"

#define COROUTINES 16
#define STACK	   (64 * 1024)

static ucontext_t main_context, contexts[COROUTINES];
static void *blocks[COROUTINES];
static int rounds, turns;

static void go_over(int from)
{
	int to = (from * 7 + 3 + turns++ % 3) % COROUTINES;

	if (to != from)
		swapcontext(&contexts[from], &contexts[to]);
}

NOINLINE static void *descend(int depth, int me)
{
	char room[64];
	void *p;

	memset(room, me, sizeof(room));
	if (depth)
		p = descend(depth - 1, me);
	else
		p = malloc(24 + (size_t)me * 8);
	if (depth == 3)
		go_over(me);
	__asm__ volatile("" : "+r"(p) : "r"(room) : "memory");
	return p;
}

static void work(int me)
{
	for (int i = 0; turns < rounds; i++) {
		void *p = descend((i * 5 + me) % 24, me);

		free(blocks[(me + i) % COROUTINES]);
		blocks[(me + i) % COROUTINES] = p;
		if (i % 64 == 0)
			raise(SIGUSR1);
	}
	setcontext(&main_context);
}

static void on_signal(int number)
{
	(void)number;
	free(descend(2, 1));
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal,
				   .sa_flags = SA_ONSTACK};
	stack_t alternate = {.ss_size = STACK};

	alternate.ss_sp = malloc(STACK);
	must(!sigaltstack(&alternate, NULL));
	sigaction(SIGUSR1, &action, NULL);
	for (int again = 0; again < 4; again++) {
		char *stacks = mmap(NULL, (size_t)COROUTINES * STACK,
				    PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(stacks != MAP_FAILED);
		turns = 0;
		rounds = argc > 1 ? atoi(argv[1]) : 1000;
		for (int i = 0; i < COROUTINES; i++) {
			getcontext(&contexts[i]);
			contexts[i].uc_stack.ss_sp = stacks + i * STACK;
			contexts[i].uc_stack.ss_size = STACK;
			makecontext(&contexts[i], (void (*)(void))work, 1, i);
		}
		swapcontext(&main_context, &contexts[0]);
		munmap(stacks, (size_t)COROUTINES * STACK);
	}
	for (int i = 0; i < COROUTINES; i++)
		free(blocks[i]);
	puts("coroutines: done");
	return 0;
}
