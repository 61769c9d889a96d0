/* SPDX-License-Identifier: MIT */
/* Choosing a way to walk the stack: see unwind.h.  Signal-safe. */
#include <errno.h>
#include <stddef.h>

#include "preload/sys.h"
#include "preload/unwind.h"
#include "preload/unwind-internal.h"

static const struct alck_unwind_ops *current; /* NULL for cfi */
static int wanted;			      /* enum alck_unwind_way */
static int libunwind_there;
static uint64_t short_stacks;

static unsigned walk_caller(uintptr_t *pcs, unsigned max,
			    const struct alck_frame *start)
{
	(void)max;
	pcs[0] = start->pc;
	return 1;
}

static const struct alck_unwind_ops caller_only = {"caller", walk_caller};

static void choose(void)
{
	const struct alck_unwind_ops *ops = NULL;

	if (wanted == ALCK_UNWIND_FP)
		ops = &alck_unwind_fp;
	else if (wanted == ALCK_UNWIND_CALLER)
		ops = &caller_only;
	else if (wanted == ALCK_UNWIND_LIBUNWIND && libunwind_there)
		ops = &alck_unwind_libunwind;
	__atomic_store_n(&current, ops, __ATOMIC_RELEASE);
}

void alck_unwind_select(enum alck_unwind_way way)
{
	wanted = way;
	choose();
}

void alck_unwind_libunwind_found(void)
{
	libunwind_there = 1;
	choose();
}

int alck_unwind(uintptr_t *pcs, unsigned max, const struct alck_frame *start)
{
	const struct alck_unwind_ops *ops =
		__atomic_load_n(&current, __ATOMIC_ACQUIRE);

	if (!max)
		return 0;
	if (!ops)
		ops = &alck_unwind_cfi;
	return (int)ops->walk(pcs, max, start);
}

int alck_unwind_is_cfi(void)
{
	return !__atomic_load_n(&current, __ATOMIC_RELAXED);
}

const char *alck_unwind_name(void)
{
	const struct alck_unwind_ops *ops =
		__atomic_load_n(&current, __ATOMIC_ACQUIRE);

	if (ops)
		return ops->name;
	return wanted == ALCK_UNWIND_LIBUNWIND
		       ? "cfi (libunwind.so.8 not found)"
		       : "cfi";
}

uint64_t alck_unwind_short_stacks(void)
{
	return __atomic_load_n(&short_stacks, __ATOMIC_RELAXED);
}

void alck_unwind_count_short(void)
{
	__atomic_fetch_add(&short_stacks, 1, __ATOMIC_RELAXED);
}

/*
 * The part of this thread's stack that was found readable, in whole pages.
 * The kernel is asked once for each page, so a walk costs no system call once
 * the thread has been as deep before.  Initial-exec, because the dynamic
 * models call into the loader, which may allocate.
 */
__thread struct alck_unwind_known alck_unwind_known
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

#define PAGE	  UINT64_C(4096)
#define NEAR_BY	  (UINT64_C(64) * 1024)
#define SIGSET	  8 /* bytes of the kernel's sigset_t */
#define NO_ACTION (-1)

/*
 * Asks by rt_sigprocmask with an action that does not exist: the kernel reads
 * the set before it looks at the action, so EINVAL means readable and EFAULT
 * not, and nothing changes either way.  Allowed in every sandbox, which
 * process_vm_readv is not.
 */
static int page_readable(uintptr_t addr)
{
	return alck_syscall(SYS_rt_sigprocmask, NO_ACTION, (long)addr, 0,
			    SIGSET, 0, 0) == -EINVAL;
}

static __attribute__((noinline, cold)) int ask(uintptr_t addr)
{
	uintptr_t page = addr & ~(PAGE - 1), at;

	if (addr >> 47 || !page_readable(addr))
		return 0;
	/* Join it to what is known where the gap is small and readable. */
	if (page >= alck_unwind_known.high &&
	    page - alck_unwind_known.high <= NEAR_BY) {
		for (at = alck_unwind_known.high; at < page; at += PAGE)
			if (!page_readable(at))
				break;
		if (at == page) {
			alck_unwind_known.high = page + PAGE;
			return 1;
		}
	} else if (page < alck_unwind_known.low &&
		   alck_unwind_known.low - page <= NEAR_BY) {
		for (at = page + PAGE; at < alck_unwind_known.low; at += PAGE)
			if (!page_readable(at))
				break;
		if (at == alck_unwind_known.low) {
			alck_unwind_known.low = page;
			return 1;
		}
	}
	alck_unwind_known.low = page;
	alck_unwind_known.high = page + PAGE;
	return 1;
}

int alck_unwind_readable(uintptr_t addr)
{
	if (addr >= alck_unwind_known.low && addr < alck_unwind_known.high)
		return 1;
	return ask(addr);
}
