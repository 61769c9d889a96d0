/* SPDX-License-Identifier: MIT */
/* The loader watch: see loader-watch.h. */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include <link.h>
#include <sys/mman.h>

#include "preload/arch.h"
#include "preload/binding.h"
#include "preload/entries.h"
#include "preload/loader-watch.h"
#include "preload/loader.h"
#include "preload/modules.h"
#include "preload/proc-status.h"
#include "preload/rebind.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/thread.h"

static int watching, unloading, polling;

/* From alck_loader_stub: ld.so has changed, or is about to change, its list.
 * It holds its lock. */
void alck_loader_changed(void) ALCK_HIDDEN;
void alck_loader_changed(void)
{
	struct alck_thread *t = &alck_thread;
	const struct r_debug *r;
	uint8_t busy = t->busy;

	/* Each namespace has a state of its own. */
	for (r = alck_loader_debug; r; r = alck_loader_next(r)) {
		if (r->r_state == RT_DELETE) {
			alck_binding_look_all(1);
			alck_providers_remember();
			unloading = 1;
		}
		if (r->r_state != RT_CONSISTENT)
			return;
	}
	alck_rebind_update(unloading);
	alck_rebind_settle();
	unloading = 0;
	t->busy = busy;
	t->load_deep = 0;
	t->load_context = 0;
	t->load_name = NULL;
}

const char *alck_loader_watch_install(void)
{
	uintptr_t at = alck_loader_debug->r_brk;
	uintptr_t page = at & -4096UL;
	uint64_t code;

	polling = 1;
	if (!alck_runtime.options.watch_loads)
		return "watch_loads=0";
	if (!at || at % 8)
		return "ld.so's _dl_debug_state is not where it is expected";
	/* A program started under gdb or strace has its tracer by now. */
	if (alck_is_traced())
		return "a debugger is attached";
	if (!alck_arch_is_empty_function((const unsigned char *)at))
		return "ld.so's _dl_debug_state has an unknown form";
	if (!alck_arch_jump(*(const uint64_t *)at, at,
			    (uintptr_t)alck_loader_stub, &code))
		return "ld.so is too far away";
	/* All three at once: where a policy refuses to make written pages
	 * executable, this fails now and not when it is too late. */
	if (alck_sys_mprotect((void *)page, 4096,
			      PROT_READ | PROT_WRITE | PROT_EXEC))
		return "the kernel does not let code be changed";
	__atomic_store_n((uint64_t *)at, code, __ATOMIC_RELEASE);
	alck_sys_mprotect((void *)page, 4096, PROT_READ | PROT_EXEC);
	watching = 1;
	polling = 0;
	return NULL;
}

/* From dl_iterate_phdr, which holds the lock under which ld.so changes its
 * lists: nobody unloads what is being read, and no two threads read at once. */
static int look(struct dl_phdr_info *info, size_t size, void *unused)
{
	static unsigned long long adds, subs;

	(void)size;
	(void)unused;
	if ((info->dlpi_adds == adds && info->dlpi_subs == subs) ||
	    alck_loader_debug->r_state != RT_CONSISTENT)
		return 1;
	adds = info->dlpi_adds;
	subs = info->dlpi_subs;
	alck_rebind_catch_up();
	return 1;
}

void alck_loader_poll(void)
{
	if (polling)
		dl_iterate_phdr(look, NULL);
}
