/* SPDX-License-Identifier: MIT */
/* The full symbol table of a module: see symtab.h. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "contract/families.h"
#include "preload/code-reach.h"
#include "preload/runtime.h"
#include "preload/symtab.h"
#include "preload/sys.h"
#include "preload/text.h"

#define NAMES	  4096 /* open addressing, by hash */
#define FOUND_MAX 512
#define NAME_MAX_ 96

/* What any family calls its own: the hashes of names.  A name that has one of
 * them by chance is kept in vain, and found by nobody. */
static uint32_t names[NAMES], nnames;
/* Their first four characters: most symbols are ruled out by those. */
static uint64_t beginnings[1024];

struct found {
	const char *name; /* in the mapped file */
	struct alck_symbol symbol;
	int is_ambiguous;
};

static struct found found[FOUND_MAX];
static unsigned int nfound;

static unsigned char *file;
static size_t file_size;

/* ------------------------------------------------------ the names of interest
 */

/* 0 where it is longer than any that matters. */
static uint32_t hash_name(const char *s)
{
	uint32_t h = 2166136261u;
	const char *end = s + NAME_MAX_;

	for (; *s; s++) {
		if (s == end)
			return 0;
		h = (h ^ (unsigned char)*s) * 16777619u;
	}
	return h ? h : 1;
}

/* A place in BEGINNINGS for a name, which has four bytes. */
static unsigned int beginning(const char *s)
{
	uint32_t first = 0;

	for (int i = 0; i < 4; i++)
		first = first << 8 | (unsigned char)s[i];
	return first * 0x9e3779b1u >> 16;
}

static void add_name(const char *prefix, const char *base)
{
	char name[NAME_MAX_ + 1];
	struct alck_text t;
	uint32_t h, i;

	alck_text_begin(&t, name, sizeof(name));
	alck_text_add(&t, prefix);
	alck_text_add(&t, base);
	h = hash_name(name);
	if (nnames == NAMES / 2) /* full enough: more are not looked for */
		return;
	for (i = h % NAMES; names[i]; i = (i + 1) % NAMES)
		if (names[i] == h)
			return;
	names[i] = h;
	nnames++;
	beginnings[beginning(name) / 64] |= UINT64_C(1)
					    << (beginning(name) % 64);
}

static void add_rows(const struct alck_row_set *sets)
{
	for (const struct alck_row_set *set = sets; set->rows; set++)
		for (const char *const *p = set->prefixes; *p; p++)
			for (const struct alck_row *r = set->rows; r->name; r++)
				add_name(*p, r->name);
}

static void add_family(const struct alck_family *f)
{
	for (const char *const *m = f->marks; *m; m++)
		for (const char *const *p = f->prefixes; *p; p++)
			add_name(*p, *m);
	if (f->tolerates)
		add_name("", f->tolerates);
	if (f->unless)
		add_name("", f->unless);
	add_rows(f->sets);
}

static void learn_names(void)
{
	static int learned;

	if (learned)
		return;
	learned = 1;
	for (unsigned int i = 0; i < alck_nfamilies; i++)
		add_family(&alck_families[i]);
	add_family(&alck_family_other);
	for (unsigned int i = 0; i < ALCK_MAPPING_CALLS; i++)
		add_name("", alck_mapping_calls[i]);
}

static int is_of_interest(const char *name)
{
	unsigned int b = beginning(name);
	uint32_t h;

	if (!(beginnings[b / 64] >> (b % 64) & 1))
		return 0;
	h = hash_name(name);
	if (!h)
		return 0;
	for (uint32_t i = h % NAMES; names[i]; i = (i + 1) % NAMES)
		if (names[i] == h)
			return 1;
	return 0;
}

/* ------------------------------------------------------------------ the file
 */

static int map_file(const char *path)
{
	int fd = alck_sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	struct stat st;
	long at;

	if (fd < 0)
		return -1;
	if (alck_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) ||
	    !S_ISREG(st.st_mode) || st.st_size < (long)sizeof(ElfW(Ehdr))) {
		alck_sys_close(fd);
		return -1;
	}
	at = alck_syscall(SYS_mmap, 0, st.st_size, PROT_READ, MAP_PRIVATE, fd,
			  0);
	alck_sys_close(fd);
	if (alck_sys_failed(at))
		return -1;
	file = (unsigned char *)at;
	file_size = (size_t)st.st_size;
	return 0;
}

static int lies_in_file(uint64_t offset, uint64_t size)
{
	return offset <= file_size && size <= file_size - offset;
}

static int same_bytes(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	while (n && *x == *y) {
		x++;
		y++;
		n--;
	}
	return !n;
}

/* Is this file what MODULE was mapped from?  A newer one may have its name. */
static int is_of(const struct alck_module *m)
{
	const ElfW(Ehdr) *e = (const void *)file;
	const ElfW(Phdr) * p;
	size_t len = m->nphdr * sizeof(*p);

	for (int i = 0; i < SELFMAG; i++)
		if (e->e_ident[i] != (unsigned char)ELFMAG[i])
			return 0;
	if (e->e_phnum != m->nphdr || e->e_phentsize != sizeof(*p) ||
	    e->e_phoff % 8 || !lies_in_file(e->e_phoff, len) ||
	    !same_bytes(file + e->e_phoff, m->phdr, len))
		return 0;
	p = (const void *)(file + e->e_phoff);
	for (uint32_t i = 0; i < m->nphdr; i++)
		if (p[i].p_type == PT_NOTE &&
		    (!lies_in_file(p[i].p_offset, p[i].p_filesz) ||
		     !same_bytes(file + p[i].p_offset,
				 (const void *)(m->bias + p[i].p_vaddr),
				 p[i].p_filesz)))
			return 0;
	return 1;
}

/* The file's .symtab and the names for it.  Returns 0, or -1 where it has
 * none. */
static int find_table(const ElfW(Shdr) * *table, const ElfW(Shdr) * *strings)
{
	const ElfW(Ehdr) *e = (const void *)file;
	const ElfW(Shdr) *s = (const void *)(file + e->e_shoff), *t;

	if (e->e_shentsize != sizeof(*s) || e->e_shoff % 8 ||
	    !lies_in_file(e->e_shoff, e->e_shnum * sizeof(*s)))
		return -1;
	for (unsigned int i = 0; i < e->e_shnum; i++) {
		if (s[i].sh_type != SHT_SYMTAB || s[i].sh_offset % 8 ||
		    s[i].sh_link >= e->e_shnum)
			continue;
		t = &s[s[i].sh_link];
		*table = &s[i];
		*strings = t;
		/* The last name must end inside. */
		return lies_in_file(s[i].sh_offset, s[i].sh_size) &&
				       t->sh_type == SHT_STRTAB && t->sh_size &&
				       lies_in_file(t->sh_offset, t->sh_size) &&
				       !file[t->sh_offset + t->sh_size - 1]
			       ? 0
			       : -1;
	}
	return -1;
}

/* ------------------------------------------------------------ what it names
 */

static struct found *known(const char *name)
{
	for (unsigned int i = 0; i < nfound; i++)
		if (alck_text_equal(found[i].name, name))
			return &found[i];
	return NULL;
}

static void keep(const struct alck_module *m, const ElfW(Sym) * s,
		 const char *name)
{
	struct found *f = known(name);
	uintptr_t address = m->bias + s->st_value;

	if (f) {
		if (f->symbol.address != address)
			f->is_ambiguous = 1;
	} else if (nfound < FOUND_MAX) {
		found[nfound++] = (struct found){
			.name = name,
			.symbol = {address, s->st_size},
		};
	}
}

static void look_through(const struct alck_module *m, const ElfW(Shdr) * table,
			 const ElfW(Shdr) * strings)
{
	const ElfW(Sym) *s = (const void *)(file + table->sh_offset);
	const char *text = (const char *)file + strings->sh_offset;
	size_t n = table->sh_size / sizeof(*s);

	learn_names();
	for (size_t i = 1; i < n; i++)
		if (ELF64_ST_TYPE(s[i].st_info) == STT_FUNC &&
		    s[i].st_shndx != SHN_UNDEF && s[i].st_value &&
		    s[i].st_name + 4ul < strings->sh_size &&
		    is_of_interest(text + s[i].st_name))
			keep(m, &s[i], text + s[i].st_name);
}

enum alck_symtab_status alck_symtab_open(const struct alck_module *m)
{
	enum alck_symtab_status status = ALCK_SYMTAB_NO_FILE;
	const ElfW(Shdr) * table, *strings;

	nfound = 0;
	if (map_file(m->is_program ? "/proc/self/exe" : m->path))
		return status;
	if (is_of(m)) {
		status = find_table(&table, &strings) ? ALCK_SYMTAB_STRIPPED
						      : ALCK_SYMTAB_READ;
		if (status == ALCK_SYMTAB_READ)
			look_through(m, table, strings);
	}
	if (status != ALCK_SYMTAB_READ)
		alck_symtab_close();
	return status;
}

void alck_symtab_close(void)
{
	if (file)
		alck_sys_munmap(file, file_size);
	file = NULL;
	nfound = 0;
}

const struct alck_symbol *alck_symtab_find(const char *name)
{
	const struct found *f = known(name);

	return f && !f->is_ambiguous ? &f->symbol : NULL;
}
