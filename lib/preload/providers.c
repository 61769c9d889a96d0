/* SPDX-License-Identifier: MIT */
/* Providers and their entry points: see providers.h. */
#include "preload/elf-lookup.h"
#include "preload/entries.h"
#include "preload/hooks.h"
#include "preload/owner-word.h"
#include "preload/page-table.h"
#include "preload/passing.h"
#include "preload/providers.h"
#include "preload/recognise.h"
#include "preload/root.h"
#include "preload/runtime.h"
#include "preload/symtab.h"
#include "preload/text.h"
#include "preload/watched.h"

/* By the address of a provider's own function: open addressing, entry IDs. */
#define BY_REAL 8192

__attribute__((aligned(64))) struct alck_entry alck_entries[ALCK_ENTRIES_MAX];
struct alck_entry *alck_global[ALCK_STANDARD_MAX];

static struct alck_provider providers[ALCK_PROVIDERS_MAX];
static uint32_t nproviders = 1; /* 0 means unknown */
static uint32_t nentries = 1;
static uint16_t by_real[BY_REAL];
static uintptr_t real_low = UINTPTR_MAX, real_high;

struct alck_provider *alck_provider(uint32_t id)
{
	return id && id < nproviders ? &providers[id] : NULL;
}

static struct alck_provider *provider_from(uint32_t id,
					   const struct alck_module *module)
{
	for (; id < nproviders; id++)
		if (providers[id].module == module && !providers[id].retired)
			return &providers[id];
	return NULL;
}

struct alck_provider *alck_provider_of(const struct alck_module *module)
{
	return provider_from(1, module);
}

struct alck_provider *alck_provider_beside(const struct alck_provider *p)
{
	return provider_from(p->id + 1u, p->module);
}

/* --------------------------------------------------------------- entries */

static uint32_t hash(uintptr_t address)
{
	return (uint32_t)((address * 0x9e3779b97f4a7c15u) >> 51);
}

static void remember_real(const struct alck_entry *e)
{
	uintptr_t function = alck_entry_function(e);
	uint32_t i = hash(function);

	while (by_real[i])
		i = (i + 1) % BY_REAL;
	by_real[i] = e->id;
	if (function < real_low)
		real_low = function;
	if (function > real_high)
		real_high = function;
}

struct alck_entry *alck_entry_by_real(uintptr_t address, const char *name)
{
	struct alck_entry *any = NULL;

	if (address < real_low || address > real_high)
		return NULL;
	for (uint32_t i = hash(address); by_real[i]; i = (i + 1) % BY_REAL) {
		struct alck_entry *e = &alck_entries[by_real[i]];

		if (alck_entry_function(e) != address ||
		    (e->provider && e->provider->retired))
			continue;
		if (!name || alck_text_equal(e->name, name))
			return e;
		if (!any)
			any = e;
	}
	return any;
}

static uintptr_t thunk_of(uint32_t id)
{
	return (uintptr_t)alck_thunks + (uintptr_t)id * ALCK_THUNK_SIZE;
}

uintptr_t alck_entry_thunk(const struct alck_entry *e)
{
	return thunk_of(e->id);
}

struct alck_entry *alck_entry_by_address(uintptr_t address)
{
	uintptr_t first = thunk_of(0);

	if (address >= first && address < thunk_of(nentries))
		return &alck_entries[(address - first) / ALCK_THUNK_SIZE];
	for (uint32_t i = 0; i < ALCK_STANDARD_MAX; i++)
		if (alck_global[i] && alck_global[i]->address == address)
			return alck_global[i];
	return NULL;
}

struct alck_entry *alck_entry_named(const struct alck_provider *p,
				    const char *name)
{
	for (uint32_t i = 1; i < nentries; i++)
		if (alck_entries[i].provider == p &&
		    alck_text_equal(alck_entries[i].name, name))
			return &alck_entries[i];
	return NULL;
}

void alck_entries_each(const struct alck_provider *p,
		       void (*visit)(struct alck_entry *, void *), void *data)
{
	for (uint32_t i = 1; i < nentries; i++)
		if (alck_entries[i].provider == p)
			visit(&alck_entries[i], data);
}

/* Clears the way for entries whose functions have moved or gone. */
static void rebuild_by_real(void)
{
	for (uint32_t i = 0; i < BY_REAL; i++)
		by_real[i] = 0;
	for (uint32_t i = 1; i < nentries; i++)
		if (!alck_entries[i].provider ||
		    !alck_entries[i].provider->retired)
			remember_real(&alck_entries[i]);
}

static struct alck_entry *new_entry(const char *name, uintptr_t real)
{
	struct alck_entry *e;

	if (nentries == ALCK_ENTRIES_MAX)
		return NULL;
	e = &alck_entries[nentries];
	e->id = (uint16_t)nentries;
	e->name = alck_keep_text(name);
	e->real = (void *)real;
	e->address = thunk_of(nentries);
	e->ptr = e->size = e->count = e->standard = -1;
	nentries++;
	return e;
}

void alck_entry_undetour(struct alck_entry *e, uintptr_t function)
{
	e->reach &= (uint8_t)~ALCK_DETOURED;
	e->real = (void *)function;
	e->address = thunk_of(e->id);
	alck_interposer_follow(e);
}

struct alck_entry *alck_entry_watch(unsigned int watched, uintptr_t real)
{
	const char *name = alck_watched[watched].name;
	struct alck_entry *e = alck_entry_by_real(real, name);

	if (e)
		return e;
	e = new_entry(name, real);
	if (!e)
		return NULL;
	e->handler = alck_watched_handler(&alck_watched[watched]);
	e->watched = (uint8_t)watched;
	remember_real(e);
	return e;
}

static int8_t standard_place(const struct alck_row *row)
{
	int8_t n = 0;

	for (const struct alck_row *r = alck_rows_c; r->name; r++, n++)
		if (alck_text_equal(r->name, row->name))
			return n;
	for (const struct alck_row *r = alck_rows_cxx; r->name; r++, n++)
		if (alck_text_equal(r->name, row->name))
			return n;
	return -1;
}

static const struct alck_row *standard_row(uint32_t place)
{
	uint32_t n = 0;

	for (const struct alck_row *r = alck_rows_c; r->name; r++, n++)
		if (n == place)
			return r;
	for (const struct alck_row *r = alck_rows_cxx; r->name; r++, n++)
		if (n == place)
			return r;
	return NULL;
}

static void make_canonical(struct alck_provider *p, struct alck_entry *e)
{
	struct alck_entry **home = e->shape == ALCK_ALLOC     ? &p->alloc
				   : e->shape == ALCK_FREE    ? &p->free
				   : e->shape == ALCK_REALLOC ? &p->realloc
				   : e->shape == ALCK_QUERY   ? &p->query
							      : NULL;

	/* The first prefix that is there wins: the bare name if it is. */
	if (home && !*home)
		*home = e;
	else if (home && e->shape != ALCK_QUERY && (*home)->real != e->real)
		p->layered = 1;
}

/* malloc(size), calloc(count, size), realloc(block, size), free(block) under
 * any prefix, and the operators that are like them. */
static int is_plain(const struct alck_row *row)
{
	static const char *const operators[] = {"_Znwm",  "_Znam",   "_ZdlPv",
						"_ZdaPv", "_ZdlPvm", "_ZdaPvm"};

	if (row->flags & ALCK_WAKES)
		return 0;
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (alck_text_equal(row->name, operators[i]))
			return 1;
	return !(row->flags & ALCK_THROWS) &&
	       (alck_text_equal(row->name, "calloc") ||
		((row->flags & ALCK_CANONICAL) && row->shape != ALCK_QUERY));
}

static void add_entry(struct alck_provider *p, const struct alck_row *row,
		      const char *name, int bare,
		      const struct alck_definition *d)
{
	uintptr_t real = d->address;
	struct alck_entry *e = alck_entry_named(p, name);

	if (e) { /* a provider that has come again */
		alck_entry_undetour(e, real);
	} else {
		e = new_entry(name, real);
		if (!e)
			return;
	}
	e->provider = p;
	e->reach = d->is_private  ? ALCK_PRIVATE
		   : d->is_linked ? ALCK_LINKED
				  : 0;
	e->length = d->size < UINT32_MAX ? (uint32_t)d->size : 0;
	e->shape = row->shape;
	e->api = bare ? row->api : ALCK_API_NATIVE;
	e->flags = row->flags;
	if (real == p->tolerates)
		e->flags |= ALCK_TOLERATES;
	if (row->shape == ALCK_ALLOC_ALIGNED)
		e->flags |= ALCK_ALIGNS;
	e->ptr = row->ptr;
	e->size = row->size;
	e->count = row->count;
	e->standard = bare && alck_entry_is_standard(row->api)
			      ? standard_place(row)
			      : -1;
	e->plain = is_plain(row);
	e->forwards = !!(p->family->flags & ALCK_FORWARDER);
	remember_real(e);
	if (row->flags & ALCK_CANONICAL)
		make_canonical(p, e);
}

struct adding {
	struct alck_provider *provider;
	uint32_t n;
};

static void note_entry(const struct alck_row *row, const char *name, int bare,
		       const struct alck_definition *d, void *data)
{
	struct adding *adding = data;
	const struct alck_entry *same = alck_entry_by_real(d->address, NULL);
	const struct alck_provider *p;

	/* Two allocators of one object can have a name in their tables, and one
	 * can have it as an alias of another. */
	if (same && same->provider && same->provider != adding->provider &&
	    same->provider->module == adding->provider->module)
		return;
	for (p = alck_provider_of(adding->provider->module); p;
	     p = alck_provider_beside(p))
		if (p != adding->provider && alck_entry_named(p, name))
			return;
	add_entry(adding->provider, row, name, bare, d);
	adding->n++;
}

/* ------------------------------------------------------------- providers */

static int same_object(const struct alck_module *a, const struct alck_module *b)
{
	if (a->build_id_len != b->build_id_len ||
	    a->name_space != b->name_space ||
	    !alck_text_equal(a->path, b->path))
		return 0;
	for (uint32_t i = 0; i < a->build_id_len; i++)
		if (a->build_id[i] != b->build_id[i])
			return 0;
	return 1;
}

/* One that comes again knows nothing of the blocks of its first time.  But the
 * numbers are few, and those who come and go all the time are to leave some. */
static int is_instance_of_its_own(const struct alck_provider *p)
{
	return p->produced && nproviders < ALCK_PROVIDERS_MAX - 8;
}

static void set_handler(struct alck_entry *e, void *unused)
{
	uint32_t owner = e->provider->id;

	(void)unused;
	e->jumps = !!alck_passing_jumps(e);
	e->handler = alck_entry_handler(e);
	/* malloc and free must see that somebody is under way. */
	if (e->plain && !e->jumps && alck_entry_is_last(e->provider) &&
	    e->api != ALCK_API_NATIVE &&
	    (e->shape == ALCK_FREE || alck_passing_calls(e)) &&
	    alck_entry_leads_on(e))
		alck_interposer_mix();
	e->mark = alck_word_mark(owner);
	e->leaf = (uint8_t)alck_table_leaf(owner);
	e->page = ALCK_PAGE_OWNER(owner);
}

/* Of a home-made allocator the standard names are all that is known.  Can
 * others get blocks of it by another name, or its own object without any? */
static int may_have_more(const struct alck_provider *p)
{
	const struct alck_module *m = p->module;

	if (!(p->family->flags & ALCK_UNPROVEN))
		return (p->family->flags & ALCK_HAS_MORE) != 0;
	for (uint32_t i = 1; i < m->nsym; i++) {
		const ElfW(Sym) *s = &m->symtab[i];
		const char *name = m->strtab + s->st_name;

		if (s->st_shndx != SHN_UNDEF &&
		    ELF64_ST_TYPE(s->st_info) == STT_FUNC &&
		    !alck_text_equal(name, "_init") &&
		    !alck_text_equal(name, "_fini") &&
		    !alck_entry_by_real(m->bias + s->st_value, NULL))
			return 1;
	}
	return m->is_program;
}

/* The function that tells the version of M's allocator, exported or not. */
static uintptr_t find_version(const struct alck_module *m,
			      const struct alck_family *f)
{
	struct alck_definition d;

	return (f->version_how == ALCK_VERSION_CALL_STRING ||
		f->version_how == ALCK_VERSION_CALL_MMP) &&
			       alck_definition_find(m, f->version_what, &d)
		       ? d.address
		       : 0;
}

static void enter(struct alck_module *m, const struct alck_instance *instance)
{
	const struct alck_family *family = instance->family;
	struct alck_provider *p = NULL;
	struct adding adding = {.n = 0};
	int is_new = 0;

	for (uint32_t i = 1; i < nproviders && !p; i++)
		if (providers[i].retired &&
		    alck_instance_equal(&providers[i].instance, instance) &&
		    same_object(providers[i].module, m) &&
		    !is_instance_of_its_own(&providers[i]))
			p = &providers[i];
	if (!p) {
		if (nproviders == ALCK_PROVIDERS_MAX)
			return;
		p = &providers[nproviders];
		p->id = (uint8_t)nproviders++;
		is_new = 1;
	}
	p->instance = *instance;
	p->family = family;
	p->module = m;
	p->late = !m->at_start;
	p->retired = 0;
	p->version = NULL;
	rebuild_by_real();
	p->tolerates =
		family->tolerates ? alck_elf_address(m, family->tolerates) : 0;
	p->tells_version = find_version(m, family);
	adding.provider = p;
	alck_instance_each(instance, m, note_entry, &adding);
	if (!adding.n && is_new) {
		/* The marks without the entries: ld.so since 2.32. */
		nproviders--;
		*p = (struct alck_provider){0};
		return;
	}
	p->has_more = (uint8_t)may_have_more(p);
	alck_search(m, &p->found);
	alck_hooks_find(p);
	/* ptmalloc's smallest chunk is 32 bytes (MINSIZE in malloc/malloc.c).
	 */
	if (alck_text_equal(family->name, "glibc"))
		__atomic_fetch_or(&alck_table_wide, 1u << p->id,
				  __ATOMIC_RELAXED);
	if (family->flags & ALCK_KEEPS &&
	    !(family->unmaps && alck_elf_defines(m, family->unmaps)))
		__atomic_fetch_or(&alck_page_keepers, 1u << p->id,
				  __ATOMIC_RELAXED);
	alck_entries_each(p, set_handler, NULL);
	/* ld.so's own malloc, as a forwarder, calls who is there already. */
	if (!alck_entry_is_last(p) &&
	    !(family->flags & (ALCK_FORWARDER | ALCK_LOADER)))
		alck_interposer_mix();
}

static unsigned int turn_of(const struct alck_instance *instance)
{
	return instance->family->flags & ALCK_FORWARDER ? 2
	       : instance->is_standard			? 1
							: 0;
}

void alck_provider_register(struct alck_module *m)
{
	struct alck_instance found[ALCK_INSTANCES_MAX];
	unsigned int n;

	if (m->is_self || !m->nsym || alck_provider_of(m))
		return;
	n = alck_recognise(m, found);
	/* Those with names of their own come first, and last who has but what
	 * is left. */
	for (unsigned int turn = 0; turn < 3; turn++)
		for (unsigned int i = 0; i < n; i++)
			if (turn_of(&found[i]) == turn)
				enter(m, &found[i]);
	alck_symtab_close();
}

void alck_provider_retire(struct alck_module *m)
{
	struct alck_provider *p;

	while ((p = alck_provider_of(m))) {
		p->retired = 1;
		rebuild_by_real();
	}
}

static int note_default(const struct alck_module *m, ElfW(Sym) * s, int hidden,
			void *data)
{
	/* An old version of libc's (cfree) is not for newcomers.  But
	 * libc_malloc_debug has none but the version that libc's callers ask
	 * for. */
	if ((hidden && m->is_libc) || ELF64_ST_TYPE(s->st_info) != STT_FUNC)
		return 0;
	*(int *)data = 1;
	return 1;
}

static struct alck_entry *global_definition(const char *name, int after_self)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		struct alck_module *m = alck_module(i);
		struct alck_provider *p;
		struct alck_entry *e;
		int there = 0;

		if (m->is_self)
			after_self = 0;
		if (m->is_self || !m->at_start || m->name_space || after_self)
			continue;
		alck_elf_each(m, name, note_default, &there);
		for (p = there ? alck_provider_of(m) : NULL; p;
		     p = alck_provider_beside(p)) {
			e = alck_entry_named(p, name);
			if (e)
				return e;
		}
	}
	return NULL;
}

void alck_providers_resolve_global(void)
{
	for (uint32_t i = 0; i < ALCK_STANDARD_MAX; i++) {
		const struct alck_row *row = standard_row(i);

		alck_global[i] = row ? global_definition(row->name, 0) : NULL;
	}
}

struct alck_entry *alck_provider_next(uint32_t place)
{
	const struct alck_row *row = standard_row(place);

	return row ? global_definition(row->name, 1) : NULL;
}

void alck_providers_describe(struct alck_root_providers *p)
{
	*p = (struct alck_root_providers){
		.rows = (uintptr_t)providers,
		.count = ALCK_PROVIDERS_MAX,
		.size = sizeof(providers[0]),
		.id = offsetof(struct alck_provider, id),
		.family = offsetof(struct alck_provider, family),
		.module = offsetof(struct alck_provider, module),
		.version = offsetof(struct alck_provider, version),
		.family_name = offsetof(struct alck_family, name),
		.family_title = offsetof(struct alck_family, title),
	};
}
