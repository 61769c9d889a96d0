/* SPDX-License-Identifier: MIT */
/* The ELF objects in the process: see modules.h. */
#include <sys/auxv.h>
#include <sys/mman.h>

#include "preload/elf-lookup.h"
#include "preload/loader.h"
#include "preload/modules.h"
#include "preload/root.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/sys.h"
#include "preload/text.h"

#define MODULES_MAX    16384
#define PAGE_SIZE      4096UL
#define NAMESPACES_MAX 32 /* glibc has 16 */

/* For finding an address: LOW and HIGH are 0 where the module is gone. */
struct span {
	uintptr_t low, high;
	const struct alck_module *module;
};

static struct alck_module *modules[MODULES_MAX];
static uint32_t nmodules;
static struct span spans[MODULES_MAX];
static uint32_t nspans;
static uint32_t batch;
uint32_t alck_modules_generation_now;
/* The last one known in each namespace's list, from where the next update goes
 * on; NULL after an unloading, which may have taken it. */
static const struct link_map *tails[NAMESPACES_MAX];

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

const struct alck_module *alck_module_at(uintptr_t addr)
{
	uint32_t n = __atomic_load_n(&nspans, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++)
		if (addr >= spans[i].low &&
		    addr < __atomic_load_n(&spans[i].high, __ATOMIC_ACQUIRE))
			return spans[i].module;
	return NULL;
}

/* Where .dynsym lies is executable in objects of old linkers. */
int alck_module_protection(const struct alck_module *m, uintptr_t addr)
{
	for (uint32_t i = 0; i < m->nphdr; i++) {
		const ElfW(Phdr) *p = &m->phdr[i];
		uintptr_t low = (m->bias + p->p_vaddr) & -PAGE_SIZE;

		if (p->p_type == PT_LOAD && addr >= low &&
		    addr < m->bias + p->p_vaddr + p->p_memsz)
			return (p->p_flags & PF_R ? PROT_READ : 0) |
			       (p->p_flags & PF_W ? PROT_WRITE : 0) |
			       (p->p_flags & PF_X ? PROT_EXEC : 0);
	}
	return PROT_READ;
}

uint32_t alck_modules_count(void)
{
	return __atomic_load_n(&nmodules, __ATOMIC_ACQUIRE);
}

struct alck_module *alck_module(uint32_t id)
{
	return id < alck_modules_count() ? modules[id] : NULL;
}

static void span_set(const struct alck_module *m)
{
	uint32_t i = 0;

	while (i < nspans && spans[i].high)
		i++;
	if (i == MODULES_MAX)
		return;
	spans[i].low = m->low;
	spans[i].module = m;
	__atomic_store_n(&spans[i].high, m->high, __ATOMIC_RELEASE);
	if (i == nspans)
		__atomic_store_n(&nspans, i + 1, __ATOMIC_RELEASE);
}

static void span_clear(const struct alck_module *m)
{
	for (uint32_t i = 0; i < nspans; i++)
		if (spans[i].module == m)
			__atomic_store_n(&spans[i].high, 0, __ATOMIC_RELEASE);
}

/* How many symbols: DT_GNU_HASH does not say, its last chain does. */
static uint32_t count_symbols(const struct alck_module *m)
{
	const uint32_t *t = m->gnu_hash, *buckets, *chains;
	uint32_t last = 0;

	if (m->sysv_hash)
		return m->sysv_hash[1];
	if (!t)
		return 0;
	buckets = t + 4 + t[2] * (sizeof(ElfW(Addr)) / 4);
	chains = buckets + t[0];
	for (uint32_t i = 0; i < t[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < t[1])
		return t[1];
	while (!(chains[last - t[1]] & 1))
		last++;
	return last + 1;
}

/* The loader relocates d_ptr in place, except in the vDSO, which is
 * read-only. */
static uintptr_t relocated(const struct alck_module *m, uintptr_t ptr)
{
	return ptr < m->bias ? m->bias + ptr : ptr;
}

static void read_dynamic(struct alck_module *m)
{
	size_t relasz = 0, relacount = 0, pltrelsz = 0, relrsz = 0;

	for (const ElfW(Dyn) *d = m->dynamic; d && d->d_tag != DT_NULL; d++) {
		uintptr_t ptr = relocated(m, d->d_un.d_ptr);

		switch (d->d_tag) {
		case DT_SYMTAB:
			m->symtab = (void *)ptr;
			break;
		case DT_STRTAB:
			m->strtab = (void *)ptr;
			break;
		case DT_GNU_HASH:
			m->gnu_hash = (void *)ptr;
			break;
		case DT_HASH:
			m->sysv_hash = (void *)ptr;
			break;
		case DT_VERSYM:
			m->versym = (void *)ptr;
			break;
		case DT_RELA:
			m->rela = (void *)ptr;
			break;
		case DT_RELASZ:
			relasz = d->d_un.d_val;
			break;
		case DT_RELACOUNT:
			relacount = d->d_un.d_val;
			break;
		case DT_JMPREL:
			m->jmprel = (void *)ptr;
			break;
		case DT_PLTRELSZ:
			pltrelsz = d->d_un.d_val;
			break;
		case 36: /* DT_RELR, newer than some elf.h */
			m->relr = (void *)ptr;
			break;
		case 35: /* DT_RELRSZ */
			relrsz = d->d_un.d_val;
			break;
		case DT_SYMBOLIC:
			m->symbolic = 1;
			break;
		case DT_TEXTREL:
			m->textrel = 1;
			break;
		case DT_FLAGS:
			if (d->d_un.d_val & DF_SYMBOLIC)
				m->symbolic = 1;
			if (d->d_un.d_val & DF_TEXTREL)
				m->textrel = 1;
			break;
		default:
			break;
		}
	}
	m->nrela = m->rela ? relasz / sizeof(*m->rela) : 0;
	m->nrelative = relacount < m->nrela ? relacount : m->nrela;
	m->njmprel = m->jmprel ? pltrelsz / sizeof(*m->jmprel) : 0;
	m->nrelr = m->relr ? relrsz / sizeof(*m->relr) : 0;
	m->nsym = m->symtab && m->strtab ? count_symbols(m) : 0;
}

#define NOTE_GO 4 /* Go's own build ID */

static void read_notes(struct alck_module *m, uintptr_t at, size_t len,
		       size_t align)
{
	uintptr_t end = at + len;

	if (align < 4)
		align = 4;
	while (at + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *n = (const void *)at;
		uintptr_t name = at + sizeof(*n);
		uintptr_t desc = (name + n->n_namesz + align - 1) & -align;

		if (desc + n->n_descsz > end)
			return;
		if (n->n_type == NOTE_GO && n->n_namesz == 4 &&
		    alck_text_equal((const char *)name, "Go"))
			m->is_go = 1;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 &&
		    !m->build_id_len &&
		    alck_text_equal((const char *)name, "GNU")) {
			m->build_id_len = n->n_descsz;
			if (m->build_id_len > sizeof(m->build_id))
				m->build_id_len = sizeof(m->build_id);
			for (uint32_t i = 0; i < m->build_id_len; i++)
				m->build_id[i] =
					((const unsigned char *)desc)[i];
		}
		at = (desc + n->n_descsz + align - 1) & -align;
	}
}

static void read_segments(struct alck_module *m)
{
	m->low = UINTPTR_MAX;
	for (uint32_t i = 0; i < m->nphdr; i++) {
		const ElfW(Phdr) *p = &m->phdr[i];
		uintptr_t at = m->bias + p->p_vaddr, end = at + p->p_memsz;

		switch (p->p_type) {
		case PT_LOAD:
			at &= -PAGE_SIZE;
			if (at < m->low)
				m->low = at;
			if (end > m->high)
				m->high = end;
			break;
		case PT_GNU_RELRO:
			m->relro_low = at & -PAGE_SIZE;
			m->relro_high = end & -PAGE_SIZE;
			break;
		case PT_NOTE:
			read_notes(m, at, p->p_memsz, p->p_align);
			break;
		case PT_GNU_EH_FRAME:
			m->eh_frame_hdr = (const void *)at;
			m->eh_frame_hdr_len = p->p_memsz;
			break;
		default:
			break;
		}
	}
}

/* The program headers: the executable's from the kernel, the others' from
 * their ELF header, which the loader maps at the load bias unless the object
 * was prelinked elsewhere. */
static int find_headers(struct alck_module *m)
{
	ElfW(Ehdr) e;

	if (m->is_program) {
		m->phdr = (const void *)alck_auxv(AT_PHDR);
		m->nphdr = (uint32_t)alck_auxv(AT_PHNUM);
		return m->phdr ? 0 : -1;
	}
	if (!m->bias || alck_sys_peek(&e, (const void *)m->bias, sizeof(e)))
		return -1;
	for (int i = 0; i < SELFMAG; i++)
		if (e.e_ident[i] != (unsigned char)ELFMAG[i])
			return -1;
	m->phdr = (const void *)(m->bias + e.e_phoff);
	m->nphdr = e.e_phnum;
	return 0;
}

void alck_module_read_headers(struct alck_module *m, uintptr_t base)
{
	const ElfW(Ehdr) *e = (const void *)base;

	*m = (struct alck_module){.bias = base};
	m->phdr = (const void *)(base + e->e_phoff);
	m->nphdr = e->e_phnum;
	for (uint32_t i = 0; i < m->nphdr; i++)
		if (m->phdr[i].p_type == PT_DYNAMIC)
			m->dynamic = (const void *)(base + m->phdr[i].p_vaddr);
	read_segments(m);
	read_dynamic(m);
}

static __attribute__((noinline)) const char *program_path(void)
{
	char path[4096];
	long n = alck_sys_readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0) {
		const char *name = (const char *)alck_auxv(AT_EXECFN);

		return name ? name : "?";
	}
	path[n] = 0;
	return alck_keep_text(path);
}

/* ------------------------------------------------- places that are used again
 */

static uint64_t epoch_ends[255]; /* the 256th lasts for ever */
static uint32_t epoch;

uint64_t alck_modules_epoch_end(uint8_t e)
{
	return e < __atomic_load_n(&epoch, __ATOMIC_ACQUIRE) ? epoch_ends[e]
							     : UINT64_MAX;
}

/* Has another one been where M lies, after OLD had gone? */
static int was_taken(const struct alck_module *m, const struct alck_module *old)
{
	for (uint32_t i = 0; i < nmodules; i++)
		if (modules[i] != old && modules[i]->low < m->high &&
		    m->low < modules[i]->high &&
		    (!old || modules[i]->loaded_at >= old->unloaded_at))
			return 1;
	return 0;
}

/* The addresses of stacks that are known mean something else where M lies. */
static void begin_epoch(const struct alck_module *m)
{
	if (epoch == 255)
		return;
	epoch_ends[epoch] = m->loaded_at - 1;
	__atomic_store_n(&epoch, epoch + 1, __ATOMIC_RELEASE);
	alck_depot_set_epoch((uint8_t)epoch);
}

/* The same object, gone and come again to the same place: one module. */
static struct alck_module *revive(const struct alck_module *m)
{
	for (uint32_t i = 0; i < nmodules; i++) {
		struct alck_module *old = modules[i];

		if (!old->retired || old->bias != m->bias ||
		    old->build_id_len != m->build_id_len ||
		    old->high != m->high ||
		    !alck_text_equal(old->path, m->link_map->l_name))
			continue;
		for (uint32_t k = 0; k < m->build_id_len; k++)
			if (old->build_id[k] != m->build_id[k])
				goto next;
		if (epoch < 255 && was_taken(m, old))
			continue;
		return old;
	next:;
	}
	return NULL;
}

static struct alck_module *read_module(const struct link_map *map, uint32_t ns,
				       int at_start)
{
	struct alck_module m = {.link_map = map,
				.bias = map->l_addr,
				.dynamic = map->l_ld,
				.name_space = ns,
				.batch = batch};
	struct alck_module *kept;
	const char *path;

	m.is_program = ns == 0 && map == alck_loader_debug->r_map;
	m.at_start = (uint8_t)at_start;
	if (find_headers(&m))
		return NULL;
	read_segments(&m);
	read_dynamic(&m);
	m.is_self = (uintptr_t)__ehdr_start >= m.low &&
		    (uintptr_t)__ehdr_start < m.high;
	m.is_libc = alck_elf_defines(&m, "gnu_get_libc_version") &&
		    alck_elf_defines(&m, "__libc_start_main");
	/* Built without the note, it still exports this for C's callbacks. */
	m.is_go |= (uint8_t)alck_elf_defines(&m, "crosscall2");
	m.loaded_at = alck_time();
	kept = revive(&m);
	if (kept) {
		m.id = kept->id;
		/* Stacks of its first time are to be its own. */
		m.loaded_at = kept->loaded_at;
		m.path = kept->path;
		*kept = m;
		return kept;
	}
	if (was_taken(&m, NULL))
		begin_epoch(&m);
	kept = nmodules < MODULES_MAX ? alck_keep(sizeof(*kept)) : NULL;
	if (!kept)
		return NULL;
	path = m.is_program ? program_path() : alck_keep_text(map->l_name);
	*kept = m;
	kept->path = path;
	kept->id = nmodules;
	modules[nmodules] = kept;
	__atomic_store_n(&nmodules, nmodules + 1, __ATOMIC_RELEASE);
	return kept;
}

static int is_known(const struct link_map *map)
{
	for (uint32_t i = 0; i < nspans; i++)
		if (spans[i].high && spans[i].module->link_map == map &&
		    spans[i].module->dynamic == map->l_ld)
			return 1;
	return 0;
}

static int still_there(const struct alck_module *m)
{
	for (const struct r_debug *r = alck_loader_debug; r;
	     r = alck_loader_next(r))
		for (const struct link_map *map = r->r_map; map;
		     map = map->l_next)
			if (map == m->link_map && map->l_ld == m->dynamic)
				return 1;
	return 0;
}

/* All of them first, and then what is to be said: whoever says it looks at the
 * others too. */
static void retire_gone(void (*removed)(struct alck_module *))
{
	uint64_t now = alck_time();

	for (uint32_t i = 0; i < nspans; i++) {
		struct alck_module *m = modules[spans[i].module->id];

		if (!spans[i].high || still_there(m))
			continue;
		m->unloaded_at = now;
		m->retired = 1;
		m->gone = 1;
		m->recorded = 0; /* to be written again, with UNLOADED */
		m->link_map = NULL;
		span_clear(m);
		__atomic_fetch_add(&alck_modules_generation_now, 1,
				   __ATOMIC_RELEASE);
	}
	for (uint32_t i = 0; i < nmodules; i++) {
		if (!modules[i]->gone)
			continue;
		modules[i]->gone = 0;
		removed(modules[i]);
	}
	for (uint32_t i = 0; i < NAMESPACES_MAX; i++)
		tails[i] = NULL;
}

static void add_new(const struct link_map *map, uint32_t ns, int at_start,
		    void (*added)(struct alck_module *))
{
	for (; map; map = map->l_next) {
		struct alck_module *m;

		tails[ns] = map;
		if (is_known(map))
			continue;
		m = read_module(map, ns, at_start);
		if (!m)
			continue;
		span_set(m);
		__atomic_fetch_add(&alck_modules_generation_now, 1,
				   __ATOMIC_RELEASE);
		added(m);
	}
}

void alck_modules_update(int unloading, void (*added)(struct alck_module *),
			 void (*removed)(struct alck_module *))
{
	static int started;
	uint32_t ns = 0;

	batch++;
	if (started && unloading)
		retire_gone(removed);
	for (const struct r_debug *r = alck_loader_debug;
	     r && ns < NAMESPACES_MAX; r = alck_loader_next(r), ns++) {
		if (started && r->r_state != RT_CONSISTENT)
			continue;
		add_new(tails[ns] ? tails[ns]->l_next : r->r_map, ns, !started,
			added);
	}
	started = 1;
}

void alck_modules_describe(struct alck_root_modules *m)
{
	*m = (struct alck_root_modules){
		.rows = (uintptr_t)modules,
		.count = (uintptr_t)&nmodules,
		.id = offsetof(struct alck_module, id),
		.path = offsetof(struct alck_module, path),
		.bias = offsetof(struct alck_module, bias),
		.low = offsetof(struct alck_module, low),
		.high = offsetof(struct alck_module, high),
		.build_id = offsetof(struct alck_module, build_id),
		.build_id_len = offsetof(struct alck_module, build_id_len),
		.name_space = offsetof(struct alck_module, name_space),
		.loaded_at = offsetof(struct alck_module, loaded_at),
		.unloaded_at = offsetof(struct alck_module, unloaded_at),
		.retired = offsetof(struct alck_module, retired),
	};
}
