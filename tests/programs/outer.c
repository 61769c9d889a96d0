/* SPDX-License-Identifier: MIT */
/*
 * Two libraries: the outer one, whose RUNPATH is $ORIGIN, loads the inner one
 * by its bare name, with the flags EXTRA besides.
 */
#include <dlfcn.h>

#include "common.h"

#ifndef EXTRA
#define EXTRA 0
#endif

int outer(void);
int inner(void);

#ifdef INNER
EXPORT int inner(void)
{
	return 42;
}
#else
EXPORT int outer(void)
{
	void *handle = dlopen("inner.so", RTLD_NOW | EXTRA);
	int (*f)(void);

	if (!handle)
		die("%s", dlerror());
	*(void **)&f = dlsym(handle, "inner");
	must(f);
	return f();
}
#endif
