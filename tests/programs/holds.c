/* SPDX-License-Identifier: MIT */
/*
 * Holds blocks and waits to be looked at:
 *
 *	holds [crash]
 *
 * prints the addresses of a live block of 64 bytes, of one that was freed, and
 * of the middle of a large one; makes a mistake as citizen does; then waits, or
 * crashes.
 */
#include <signal.h>
#include <unistd.h>

#include "common.h"

char *holds_live, *holds_freed, *holds_large;

NOINLINE static void holds_mistake(void)
{
	void *p;

	free(opaque(malloc(10)));
	p = aligned_alloc(64, 128);
	must(p);
	free(opaque(p));
	__asm__ volatile("");
}

NOINLINE static void holds_fill(void)
{
	holds_live = malloc(64);
	holds_freed = malloc(100);
	holds_large = malloc(3000000);
	must(holds_live && holds_freed && holds_large);
	holds_large += 500000;
	__asm__ volatile("");
}

NOINLINE static void holds_free(void)
{
	free(opaque(holds_freed));
	__asm__ volatile("");
}

NOINLINE static void holds_wait(void)
{
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	(void)argv;
	holds_mistake();
	holds_fill();
	holds_free();
	printf("%p %p %p\n", (void *)holds_live, (void *)holds_freed,
	       (void *)holds_large);
	fflush(stdout);
	if (argc > 1)
		raise(SIGSEGV);
	holds_wait();
	return 0;
}
