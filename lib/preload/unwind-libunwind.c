/* SPDX-License-Identifier: MIT */
/*
 * Walking by libunwind, opened at run time with RTLD_LOCAL: as a dependency
 * it would take over _Unwind_RaiseException from libgcc_s in programs with
 * C++ libraries.  unw_backtrace alone: it needs a tenth of a microsecond where
 * a loop of unw_step needs twenty and a system call for each frame.
 *
 * Signal-safe once a thread has been here before: its first walk allocates,
 * under the caller's reentrancy guard.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "preload/unwind.h"
#include "preload/unwind-internal.h"

#define OWN_FRAMES 16 /* of this library, at most */
#define DEPTH_MAX  128

extern __typeof(dlopen) dlopen __attribute__((weak));
extern __typeof(dlsym) dlsym __attribute__((weak));

static int (*backtrace_of)(void **buffer, int size);

/* Version 1.3 gives the last byte of each call instead: a walk by it would find
 * no beginning, for 3 KiB of stack. */
static __attribute__((noinline)) int gives_return_addresses(void)
{
	void *pcs[8];
	int n = backtrace_of(pcs, 8);

	for (int i = 0; i < n; i++)
		if (pcs[i] == __builtin_return_address(0))
			return 1;
	return 0;
}

int alck_unwind_libunwind_open(void)
{
	void *handle;

	if (backtrace_of)
		return 0;
	if (!dlopen || !dlsym)
		return -1;
	handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return -1;
	backtrace_of = (int (*)(void **, int))dlsym(handle, "unw_backtrace");
	if (!backtrace_of)
		return -1;
	if (!gives_return_addresses())
		return -1;
	alck_unwind_libunwind_found();
	return 0;
}

/* What unw_backtrace takes of the stack the first time it sees a frame. */
#define STACK_NEEDED (12 * 1024)

static unsigned walk(uintptr_t *pcs, unsigned max,
		     const struct alck_frame *start)
{
	void *all[DEPTH_MAX + OWN_FRAMES];
	int total, first, i;
	unsigned n = 0;

	/* On a thread's last pages there is no room for it: on a stack of
	 * 16 KiB, of which jemalloc's thread-local data takes 3, it was seen
	 * to run over. */
	if (!alck_unwind_readable((start->sp - STACK_NEEDED) & ~(uintptr_t)7))
		return alck_unwind_cfi.walk(pcs, max, start);
	if (max > DEPTH_MAX)
		max = DEPTH_MAX;
	total = backtrace_of(all, (int)max + OWN_FRAMES);
	for (first = 0; first < total && first <= OWN_FRAMES; first++)
		if ((uintptr_t)all[first] == start->pc)
			break;
	/* Without START's frame among them the tables led it astray. */
	if (first == total || first > OWN_FRAMES)
		return alck_unwind_cfi.walk(pcs, max, start);
	for (i = first; i < total && n < max; i++) {
		if (!all[i])
			break;
		pcs[n++] = (uintptr_t)all[i];
	}
	return n;
}

const struct alck_unwind_ops alck_unwind_libunwind = {"libunwind", walk};
