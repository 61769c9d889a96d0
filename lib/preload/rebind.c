/* SPDX-License-Identifier: MIT */
/* Rebinding: see rebind.h. */
#include <sys/mman.h>

#include "preload/binding.h"
#include "preload/crash.h"
#include "preload/detour.h"
#include "preload/direct.h"
#include "preload/elf-lookup.h"
#include "preload/entries.h"
#include "preload/hooks.h"
#include "preload/loads.h"
#include "preload/proc-status.h"
#include "preload/one-thread.h"
#include "preload/providers.h"
#include "preload/rebind.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/thread.h"
#include "preload/watched.h"
#include "preload/wrong-copy.h"

#define PAGE_SIZE 4096UL
#define LATE_MAX  512

static unsigned int refused;

/* Pages that ld.so will (or did) make read-only after relocation, and that we
 * made writable while it may not be done with them: protecting one that it has
 * yet to relocate would crash it. */
static uintptr_t late_pages[LATE_MAX];
static unsigned int nlate;
static int starting = 1;

/* ------------------------------------------------------- the symbol table */

struct patch {
	const struct alck_provider *provider;
	const char *name;
	uintptr_t unprotected; /* the last page made writable */
	int failed;
};

static int patch_symbol(const struct alck_module *m, ElfW(Sym) * s, int hidden,
			void *data)
{
	struct patch *p = data;
	const struct alck_entry *e;
	uintptr_t page = (uintptr_t)s & -PAGE_SIZE;
	uintptr_t end = ((uintptr_t)(s + 1) + PAGE_SIZE - 1) & -PAGE_SIZE;

	(void)hidden;
	if (ELF64_ST_TYPE(s->st_info) != STT_FUNC)
		return 0;
	e = alck_entry_by_real(m->bias + s->st_value, p->name);
	if (!e || e->provider != p->provider || (e->reach & ALCK_DETOURED))
		return 0;
	if (page != p->unprotected || end - page > PAGE_SIZE) {
		if (alck_sys_mprotect((void *)page, end - page,
				      alck_module_protection(m, page) |
					      PROT_WRITE)) {
			p->failed = 1;
			return 1;
		}
		p->unprotected = page;
	}
	s->st_value = e->address - m->bias;
	return 0;
}

static void patch_entry(struct alck_entry *e, void *data)
{
	struct patch *p = data;

	p->name = e->name;
	if (!p->failed)
		alck_elf_each(p->provider->module, e->name, patch_symbol, p);
}

static void protect_symbols(const struct alck_module *m)
{
	uintptr_t low = (uintptr_t)m->symtab & -PAGE_SIZE;
	uintptr_t high = (uintptr_t)(m->symtab + m->nsym);

	high = (high + PAGE_SIZE - 1) & -PAGE_SIZE;
	alck_sys_mprotect((void *)low, high - low,
			  alck_module_protection(m, low));
}

static void patch_provider(const struct alck_provider *provider)
{
	struct patch p = {.provider = provider};

	alck_entries_each(provider, patch_entry, &p);
	protect_symbols(provider->module);
	refused += (unsigned int)p.failed;
}

struct watch_patch {
	unsigned int watched; /* place in alck_watched */
};

static int patch_watched(const struct alck_module *m, ElfW(Sym) * s, int hidden,
			 void *data)
{
	const struct watch_patch *p = data;
	uintptr_t page = (uintptr_t)s & -PAGE_SIZE;
	uintptr_t end = ((uintptr_t)(s + 1) + PAGE_SIZE - 1) & -PAGE_SIZE;
	struct alck_entry *e;

	(void)hidden;
	if (ELF64_ST_TYPE(s->st_info) != STT_FUNC)
		return 0;
	e = alck_entry_watch(p->watched, m->bias + s->st_value);
	if (e &&
	    !alck_sys_mprotect((void *)page, end - page,
			       alck_module_protection(m, page) | PROT_WRITE)) {
		s->st_value = e->address - m->bias;
		alck_sys_mprotect((void *)page, end - page,
				  alck_module_protection(m, page));
	}
	return 0;
}

static void watch_functions(const struct alck_module *m)
{
	enum alck_watch which = alck_watched_in(m);

	for (unsigned int i = 0; which && i < alck_nwatched; i++) {
		struct watch_patch p = {i};

		if (alck_watched[i].wanted && !alck_watched[i].wanted())
			continue;
		if (which == ALCK_WATCH_MAPS &&
		    !alck_watched_maps(&alck_watched[i]))
			continue;
		alck_elf_each(m, alck_watched[i].name, patch_watched, &p);
	}
}

/* -------------------------------------------------------------- the slots */

static void note_late(uintptr_t page)
{
	for (unsigned int i = 0; i < nlate; i++)
		if (late_pages[i] == page)
			return;
	if (nlate < LATE_MAX)
		late_pages[nlate++] = page;
}

static int rebind_slot(const struct alck_module *m, uintptr_t *slot,
		       const char *name, void *data)
{
	const struct alck_entry *e = alck_entry_by_real(*slot, name);
	uintptr_t page = (uintptr_t)slot & -PAGE_SIZE;
	int is_relro;

	(void)data;
	/* A detoured function is its own address, for all that call it. */
	if (alck_likely(!e) || (e->reach & ALCK_DETOURED))
		return 0;
	is_relro = (uintptr_t)slot >= m->relro_low &&
		   (uintptr_t)slot < m->relro_high;
	if (is_relro && alck_sys_mprotect((void *)page, PAGE_SIZE,
					  PROT_READ | PROT_WRITE)) {
		refused++;
		return 0;
	}
	__atomic_store_n(slot, e->address, __ATOMIC_RELAXED);
	if (is_relro && starting)
		note_late(page);
	else if (is_relro)
		alck_sys_mprotect((void *)page, PAGE_SIZE, PROT_READ);
	return 0;
}

static void rebind_slots(const struct alck_module *m)
{
	/* Only a provider can have pointers to its own entries. */
	if (!m->is_self)
		alck_binding_each(m, alck_provider_of(m) != NULL, rebind_slot,
				  NULL);
}

/* --------------------------------------------------------------- modules */

static void module_added(struct alck_module *m)
{
	m->fresh = 1;
	if (m->is_go)
		alck_crash_stop();
	if (!starting) {
		alck_binding_note(m);
		alck_load_claim(m);
		alck_load_seen(m);
	}
}

static void module_removed(struct alck_module *m)
{
	alck_provider_retire(m);
	alck_detour_forget(m);
	alck_unload_seen(m);
}

static void each_fresh(void (*what)(struct alck_module *))
{
	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_module(i)->fresh && !alck_module(i)->retired)
			what(alck_module(i));
}

/* Nobody has run the code of what has come: the loader says so before it goes
 * on. */
static int quiet = 1;

static void register_fresh(struct alck_module *m)
{
	alck_provider_register(m);
	if (m->is_libc && m->name_space)
		alck_one_thread_never();
}

/* Registered, and not called yet: are they the right ones? */
static void check_copies(void)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		struct alck_module *m = alck_module(i);

		if (m->checked)
			continue;
		m->checked = 1;
		alck_wrong_copy_check(m);
	}
}

static void patch_fresh(struct alck_module *m)
{
	struct alck_provider *p;

	alck_direct_watch(m, quiet);
	for (p = alck_provider_of(m); p; p = alck_provider_beside(p))
		patch_provider(p);
	watch_functions(m);
}

static void rebind_fresh(struct alck_module *m)
{
	rebind_slots(m);
	m->fresh = 0;
}

static int libc_is_new(void)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_module(i)->is_libc)
			return alck_elf_defines(alck_module(i), "reallocarray");
	return 1;
}

static void update(int unloading)
{
	alck_modules_update(unloading, module_added, module_removed);
	each_fresh(register_fresh);
	if (starting) {
		alck_providers_resolve_global();
		alck_interposer_bind();
	}
	if (!starting)
		check_copies();
	if (!alck_runtime.options.rebind)
		return;
	each_fresh(patch_fresh);
	/* Before 2.26 ld.so is not ready for its libc to call us while it
	 * relocates: the slots wait for alck_rebind_settle. */
	if (!starting || libc_is_new())
		each_fresh(rebind_fresh);
}

void alck_rebind_update(int unloading)
{
	quiet = 1;
	update(unloading);
}

void alck_rebind_catch_up(void)
{
	quiet = alck_proc_status("Threads") == 1;
	update(1);
}

void alck_rebind_settle(void)
{
	if (!starting)
		return;
	starting = 0;
	if (alck_runtime.options.rebind)
		for (uint32_t i = 0; i < alck_modules_count(); i++)
			rebind_fresh(alck_module(i));
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX; i++) {
		const struct alck_provider *p = alck_provider(i);

		/* jemalloc sets them by relocation, which is done now. */
		if (p && p->hooks)
			alck_hooks_sample(p);
	}
	check_copies();
	for (unsigned int i = 0; i < nlate; i++)
		alck_sys_mprotect((void *)late_pages[i], PAGE_SIZE, PROT_READ);
}

unsigned int alck_rebind_refused(void)
{
	return __atomic_load_n(&refused, __ATOMIC_RELAXED);
}

int alck_rebind_is_whole(void)
{
	return alck_runtime.options.rebind && !alck_rebind_refused();
}
