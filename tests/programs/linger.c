/* SPDX-License-Identifier: MIT */
/*
 * A preload library that keeps a program as it was when it was done: nothing is
 * unloaded, and at its end the process stops (SIGSTOP) to be looked at.
 */
#include <signal.h>

#include "common.h"

EXPORT int dlclose(void *handle);

EXPORT int dlclose(void *handle)
{
	(void)handle;
	return 0;
}

__attribute__((destructor)) static void stop(void)
{
	raise(SIGSTOP);
}
