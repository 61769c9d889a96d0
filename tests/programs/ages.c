/* SPDX-License-Identifier: MIT */
/*
 * Blocks of different age:
 *
 *	ages [look | crash]
 *
 * allocates, waits 300 ms, allocates more, frees a block of aligned_alloc with
 * free, and prints what alloccheck.h says of each block.  With "look" it then
 * waits to be looked at; with "crash" it dies with the old block in a register.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "contract/alloccheck.h"

static void *foreign, *old, *freed, *again, *young;

NOINLINE static void ages_before(void)
{
	foreign = aligned_alloc(64, 128);
	old = malloc(1000);
	freed = malloc(200);
	again = malloc(300);
	must(foreign && old && freed && again);
	__asm__ volatile("");
}

NOINLINE static void ages_after(void)
{
	again = realloc(again, 250);
	young = malloc(64);
	must(again && young);
	free(opaque(freed));
	free(opaque(foreign));
	__asm__ volatile("");
}

/* "NAME ADDRESS AGE", in milliseconds; -1 where it is not known. */
static void say(const char *name, const void *p)
{
	struct alloccheck_block b;
	long age = -1;

	if (alloccheck_is_here() && alloccheck_owner(p, &b, sizeof(b)) &&
	    b.age_known)
		age = (long)b.age_ms;
	printf("%s %p %ld\n", name, p, age);
}

int main(int argc, char **argv)
{
	struct timespec wait = {0, 300000000};
	const char *way = argc > 1 ? argv[1] : "";

	ages_before();
	while (nanosleep(&wait, &wait))
		;
	ages_after();
	say("old", old);
	say("inside", (char *)old + 500);
	say("freed", freed);
	say("again", again);
	say("young", young);
	fflush(stdout);
	if (!strcmp(way, "crash"))
		__asm__ volatile("ud2" : : "D"(old));
	while (!strcmp(way, "look"))
		pause();
	return 0;
}
