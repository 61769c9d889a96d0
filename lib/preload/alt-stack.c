/* SPDX-License-Identifier: MIT */
/* Alternate signal stacks: see alt-stack.h.  Signal-safe. */
#include <elf.h>
#include <signal.h>

#include "preload/alt-stack.h"
#include "preload/arena.h"
#include "preload/root.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/thread.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* The handler goes to a stack of its own at once; what is needed is room for
 * what the kernel saves.  As much as it is for who reads the thread's by the
 * system call itself and makes do with it: Go's runtime needs half. */
#define SIZE 65536

static int active;

/* By the thread's number, which is given again with the stack. */
static char *stacks[ALCK_THREADS_MAX];
static struct alck_arena memory = {.first_bits = 20, .last_bits = 24};

static long set(const stack_t *new, stack_t *old)
{
	return alck_syscall(SYS_sigaltstack, (long)new, (long)old, 0, 0, 0, 0);
}

static int is_none(const stack_t *stack)
{
	return (stack->ss_flags & SS_DISABLE) != 0;
}

static char *stack_of(uint32_t number)
{
	if (number >= ALCK_THREADS_MAX)
		return NULL;
	if (!stacks[number] && alck_auxv(AT_MINSIGSTKSZ) <= SIZE / 2)
		stacks[number] = alck_arena_take(&memory, SIZE, NULL);
	return stacks[number];
}

void alck_alt_stack_give(uint32_t number)
{
	stack_t now, ours = {.ss_size = SIZE};

	if (!active || alck_sys_sandboxed || set(NULL, &now) || !is_none(&now))
		return;
	ours.ss_sp = stack_of(number);
	if (ours.ss_sp)
		set(&ours, NULL);
}

/* Fails where a handler of the program's runs on it. */
static void take_away(void)
{
	const stack_t none = {.ss_flags = SS_DISABLE};
	uint32_t number = alck_thread.number;
	stack_t now;

	if (number && number < ALCK_THREADS_MAX && stacks[number] &&
	    !set(NULL, &now) && now.ss_sp == stacks[number])
		set(&none, NULL);
}

void alck_alt_stack_start(void)
{
	active = 1;
	alck_alt_stack_give(alck_thread_number(&alck_thread));
}

void alck_alt_stack_stop(void)
{
	active = 0;
	take_away();
}

void alck_alt_stack_action(const struct alck_watched_call *call)
{
	const struct sigaction *new = (const struct sigaction *)call->args[1];

	if (!active || !new || !(new->sa_flags &SA_ONSTACK) ||
	    new->sa_handler == SIG_DFL || new->sa_handler == SIG_IGN)
		return;
	alck_alt_stack_stop();
}

void alck_alt_stack_begin(struct alck_watched_call *call)
{
	(void)call;
	take_away();
}

void alck_alt_stack_end(const struct alck_watched_call *call, uintptr_t result)
{
	(void)call;
	(void)result;
	if (alck_thread.number)
		alck_alt_stack_give(alck_thread.number);
}

uint64_t alck_alt_stack_describe(void)
{
	return (uintptr_t)memory.chunk;
}
