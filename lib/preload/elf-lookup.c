/* SPDX-License-Identifier: MIT */
/* Names in a module's symbol table: see elf-lookup.h.  Signal-safe. */
#include "preload/elf-lookup.h"
#include "preload/text.h"

static int defined(const ElfW(Sym) * s)
{
	unsigned int type = ELF64_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF && s->st_value &&
	       ELF64_ST_BIND(s->st_info) != STB_LOCAL &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE ||
		type == STT_GNU_IFUNC);
}

static int is_hidden(const struct alck_module *m, uint32_t i)
{
	return m->versym && (m->versym[i] & 0x8000);
}

/* DT_GNU_HASH: see "ELF: better symbol lookup via DT_GNU_HASH" and glibc's
 * elf/dl-lookup.c for the layout. */
static int each_gnu(const struct alck_module *m, const char *name,
		    int (*visit)(const struct alck_module *, ElfW(Sym) *, int,
				 void *),
		    void *data)
{
	const uint32_t *table = m->gnu_hash;
	uint32_t nbuckets = table[0], first = table[1], nbloom = table[2];
	uint32_t shift = table[3], hash = 5381, i;
	const ElfW(Addr) *bloom = (const void *)(table + 4);
	const uint32_t *buckets = (const void *)(bloom + nbloom);
	const uint32_t *chains = buckets + nbuckets;
	ElfW(Addr) word;

	for (const char *p = name; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	if (!nbuckets || !nbloom)
		return 0;
	word = bloom[(hash / (8 * sizeof(word))) % nbloom];
	if (!((word >> (hash % (8 * sizeof(word)))) & 1) ||
	    !((word >> ((hash >> shift) % (8 * sizeof(word)))) & 1))
		return 0;
	i = buckets[hash % nbuckets];
	if (i < first)
		return 0;
	for (;; i++) {
		uint32_t h = chains[i - first];
		int r;

		if ((h | 1) == (hash | 1) &&
		    alck_text_equal(m->strtab + m->symtab[i].st_name, name) &&
		    defined(&m->symtab[i])) {
			r = visit(m, &m->symtab[i], is_hidden(m, i), data);
			if (r)
				return r;
		}
		if (h & 1)
			return 0;
	}
}

static int each_sysv(const struct alck_module *m, const char *name,
		     int (*visit)(const struct alck_module *, ElfW(Sym) *, int,
				  void *),
		     void *data)
{
	const uint32_t *table = m->sysv_hash;
	uint32_t nbuckets = table[0], hash = 0;
	const uint32_t *buckets = table + 2, *chains = buckets + nbuckets;

	for (const char *p = name; *p; p++) {
		hash = (hash << 4) + (unsigned char)*p;
		hash ^= (hash >> 24) & 0xf0;
	}
	hash &= 0x0fffffff;
	if (!nbuckets)
		return 0;
	for (uint32_t i = buckets[hash % nbuckets]; i; i = chains[i]) {
		int r;

		if (!alck_text_equal(m->strtab + m->symtab[i].st_name, name) ||
		    !defined(&m->symtab[i]))
			continue;
		r = visit(m, &m->symtab[i], is_hidden(m, i), data);
		if (r)
			return r;
	}
	return 0;
}

int alck_elf_each(const struct alck_module *m, const char *name,
		  int (*visit)(const struct alck_module *, ElfW(Sym) *, int,
			       void *),
		  void *data)
{
	if (!m->symtab || !m->strtab)
		return 0;
	if (m->gnu_hash)
		return each_gnu(m, name, visit, data);
	if (m->sysv_hash)
		return each_sysv(m, name, visit, data);
	return 0;
}

static int found(const struct alck_module *m, ElfW(Sym) * s, int hidden,
		 void *data)
{
	(void)m;
	(void)hidden;
	if (data)
		*(const ElfW(Sym) **)data = s;
	return 1;
}

int alck_elf_defines(const struct alck_module *m, const char *name)
{
	return alck_elf_each(m, name, found, NULL);
}

uintptr_t alck_elf_address(const struct alck_module *m, const char *name)
{
	const ElfW(Sym) *s = NULL;

	if (!alck_elf_each(m, name, found, &s) ||
	    ELF64_ST_TYPE(s->st_info) == STT_GNU_IFUNC)
		return 0;
	return m->bias + s->st_value;
}

int alck_elf_imports(const struct alck_module *m, const char *name)
{
	/* What an object takes from elsewhere stands before what it hashes. */
	uint32_t n = m->gnu_hash ? m->gnu_hash[1] : m->nsym;

	if (!m->symtab || !m->strtab)
		return 0;
	for (uint32_t i = 1; i < n; i++)
		if (m->symtab[i].st_shndx == SHN_UNDEF &&
		    alck_text_equal(m->strtab + m->symtab[i].st_name, name))
			return 1;
	return 0;
}
