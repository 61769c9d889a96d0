/* SPDX-License-Identifier: MIT */
/*
 * Exits with 0 if the free that it is bound to reads __free_hook, with 1 if it
 * does not.
 */
#include <dlfcn.h>
#include <stdlib.h>

static int called;

static void note(void *block, const void *caller)
{
	(void)block;
	(void)caller;
	called = 1;
}

int main(void)
{
	void **hook = dlvsym(RTLD_DEFAULT, "__free_hook", "GLIBC_2.2.5");
	void *block = malloc(32);

	if (!hook)
		return 1;
	*(void *volatile *)hook = (void *)note;
	free(block);
	*(void *volatile *)hook = NULL;
	return !called;
}
