/* SPDX-License-Identifier: MIT */
/* The dynamic section of an object, its symbols and slots: see image.h.
 * Offline. */
#include <stdlib.h>
#include <string.h>

#include "inspect/image-internal.h"
#include "inspect/names.h"

/* More than any linker makes; what is beyond is damaged. */
#define DYN_MAX	    4096
#define STRINGS_MAX (256u << 20)
#define SYMBOLS_MAX (16u << 20)
#define RELOCS_MAX  (64u << 20)
#define NEEDED_MAX  4096
#define CHUNK	    2048 /* relocations at a time */

/* The dynamic section's tables while they are read. */
struct tables {
	uint64_t strtab, strsz, symtab, gnu_hash, sysv_hash, versym;
	uint64_t verdef, verdefnum, verneed, verneednum;
	uint64_t rela, relasz, jmprel, pltrelsz;
	uint64_t needed[NEEDED_MAX];
	size_t nneeded;
	uint64_t soname, rpath, runpath; /* 1 + place in the strings */
	char *str;
	Elf64_Sym *sym;
	size_t nsym;
	Elf64_Half *ver;
	int32_t *wanted; /* by symbol: its place in SYMBOLS, or -1 */
};

static const char *keep(struct alck_image *image, const char *text)
{
	return alck_arena_text(image->arena, text, strlen(text));
}

/* Reads COUNT elements of SIZE bytes; to be freed.  NULL without. */
static void *read_table(const struct alck_image *image, uint64_t address,
			size_t count, size_t size)
{
	void *table;

	if (!address || !count || count > STRINGS_MAX / size)
		return NULL;
	table = malloc(count * size);
	if (table && alck_image_read(image, address, table, count * size)) {
		free(table);
		table = NULL;
	}
	return table;
}

/* ------------------------------------------------------- dynamic section */

static void note_dynamic(struct alck_image *image, struct tables *t,
			 const Elf64_Dyn *d)
{
	uint64_t value = d->d_un.d_val, at = value;

	/* ld.so adds the bias to addresses in place. */
	if (image->memory && at >= image->bias)
		at -= image->bias;
	switch (d->d_tag) {
	case DT_STRTAB:
		t->strtab = at;
		break;
	case DT_STRSZ:
		t->strsz = value;
		break;
	case DT_SYMTAB:
		t->symtab = at;
		break;
	case DT_GNU_HASH:
		t->gnu_hash = at;
		break;
	case DT_HASH:
		t->sysv_hash = at;
		break;
	case DT_VERSYM:
		t->versym = at;
		break;
	case DT_VERDEF:
		t->verdef = at;
		break;
	case DT_VERDEFNUM:
		t->verdefnum = value;
		break;
	case DT_VERNEED:
		t->verneed = at;
		break;
	case DT_VERNEEDNUM:
		t->verneednum = value;
		break;
	case DT_RELA:
		t->rela = at;
		break;
	case DT_RELASZ:
		t->relasz = value;
		break;
	case DT_JMPREL:
		t->jmprel = at;
		break;
	case DT_PLTRELSZ:
		t->pltrelsz = value;
		break;
	case DT_NEEDED:
		if (t->nneeded < NEEDED_MAX)
			t->needed[t->nneeded++] = value;
		break;
	case DT_SONAME:
		t->soname = value + 1;
		break;
	case DT_RPATH:
		t->rpath = value + 1;
		break;
	case DT_RUNPATH:
		t->runpath = value + 1;
		break;
	case DT_DEBUG:
		image->debug = value;
		break;
	case DT_SYMBOLIC:
		image->symbolic = 1;
		break;
	case DT_BIND_NOW:
		image->now = 1;
		break;
	case DT_FLAGS:
		image->symbolic |= (value & DF_SYMBOLIC) != 0;
		image->now |= (value & DF_BIND_NOW) != 0;
		break;
	case DT_FLAGS_1:
		image->flags_1 = value;
		image->now |= (value & DF_1_NOW) != 0;
		break;
	default:
		break;
	}
}

static int read_dynamic(struct alck_image *image, struct tables *t)
{
	for (size_t i = 0; i < image->nphdr; i++) {
		const Elf64_Phdr *ph = &image->phdr[i];
		size_t n = ph->p_filesz / sizeof(Elf64_Dyn);
		Elf64_Dyn *dyn;

		if (ph->p_type != PT_DYNAMIC)
			continue;
		dyn = read_table(image, ph->p_vaddr, n < DYN_MAX ? n : DYN_MAX,
				 sizeof(*dyn));
		if (!dyn)
			return -1;
		image->dynamic = 1;
		for (size_t k = 0; k < n && k < DYN_MAX && dyn[k].d_tag; k++)
			note_dynamic(image, t, &dyn[k]);
		free(dyn);
		return 0;
	}
	return 0;
}

static const char *string(const struct tables *t, uint64_t at)
{
	return t->str && at < t->strsz ? t->str + at : "";
}

static const char *kept_string(struct alck_image *image, const struct tables *t,
			       uint64_t place)
{
	return place ? keep(image, string(t, place - 1)) : NULL;
}

/* How many symbols: DT_GNU_HASH does not say, the end of its last chain does.
 * Where nothing is defined that tells too little; relocations know more. */
static size_t count_symbols(const struct alck_image *image,
			    const struct tables *t)
{
	uint32_t head[4], *buckets, last = 0, link;
	uint64_t chains;

	if (t->sysv_hash &&
	    !alck_image_read(image, t->sysv_hash, head, 2 * sizeof(head[0])))
		return head[1];
	if (!t->gnu_hash ||
	    alck_image_read(image, t->gnu_hash, head, sizeof(head)))
		return 0;
	chains = t->gnu_hash + sizeof(head) + (uint64_t)head[2] * 8 +
		 (uint64_t)head[0] * 4;
	buckets = read_table(image, chains - (uint64_t)head[0] * 4, head[0], 4);
	for (uint32_t i = 0; buckets && i < head[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	free(buckets);
	if (last < head[1])
		return head[1];
	do {
		if (alck_image_read(image, chains + (last - head[1]) * 4ull,
				    &link, 4))
			break;
		last++;
	} while (!(link & 1));
	return last;
}

static size_t
visit_relocations(const struct alck_image *image, const struct tables *t,
		  void (*visit)(const Elf64_Rela *rela, void *data), void *data)
{
	const uint64_t where[2][2] = {{t->jmprel, t->pltrelsz},
				      {t->rela, t->relasz}};
	Elf64_Rela buf[CHUNK];
	size_t seen = 0;

	for (int i = 0; i < 2; i++) {
		uint64_t at = where[i][0];
		uint64_t n = where[i][1] / sizeof(buf[0]);

		while (at && n && n < RELOCS_MAX) {
			size_t some = n < CHUNK ? n : CHUNK;

			if (alck_image_read(image, at, buf,
					    some * sizeof(buf[0])))
				break;
			for (size_t k = 0; k < some; k++)
				visit(&buf[k], data);
			seen += some;
			at += some * sizeof(buf[0]);
			n -= some;
		}
	}
	return seen;
}

static void note_highest(const Elf64_Rela *rela, void *data)
{
	size_t *n = data;

	if (ELF64_R_SYM(rela->r_info) >= *n)
		*n = ELF64_R_SYM(rela->r_info) + 1;
}

/* --------------------------------------------------------------- versions */

static void set_version(struct alck_image *image, const struct tables *t,
			size_t index, uint64_t name)
{
	index &= 0x7fff;
	if (index < image->nversions && !image->versions[index])
		image->versions[index] = keep(image, string(t, name));
}

static void read_definitions(struct alck_image *image, const struct tables *t)
{
	uint64_t at = t->verdef;
	Elf64_Verdaux aux;
	Elf64_Verdef def;

	for (uint64_t i = 0; at && i < t->verdefnum && i < 0x8000; i++) {
		if (alck_image_read(image, at, &def, sizeof(def)) ||
		    alck_image_read(image, at + def.vd_aux, &aux, sizeof(aux)))
			return;
		/* The base is the object itself: no version. */
		if (!(def.vd_flags & VER_FLG_BASE))
			set_version(image, t, def.vd_ndx, aux.vda_name);
		if (!def.vd_next)
			return;
		at += def.vd_next;
	}
}

static void read_needs(struct alck_image *image, const struct tables *t)
{
	uint64_t at = t->verneed, aux_at;
	Elf64_Vernaux aux;
	Elf64_Verneed need;

	for (uint64_t i = 0; at && i < t->verneednum && i < 0x8000; i++) {
		if (alck_image_read(image, at, &need, sizeof(need)))
			return;
		aux_at = at + need.vn_aux;
		for (unsigned int k = 0; k < need.vn_cnt; k++) {
			if (alck_image_read(image, aux_at, &aux, sizeof(aux)))
				return;
			set_version(image, t, aux.vna_other, aux.vna_name);
			if (!aux.vna_next)
				break;
			aux_at += aux.vna_next;
		}
		if (!need.vn_next)
			return;
		at += need.vn_next;
	}
}

static void read_versions(struct alck_image *image, struct tables *t)
{
	size_t most = 0;

	t->ver = read_table(image, t->versym, t->nsym, sizeof(*t->ver));
	if (!t->ver)
		return;
	for (size_t i = 0; i < t->nsym; i++)
		if ((t->ver[i] & 0x7fffu) > most)
			most = t->ver[i] & 0x7fffu;
	image->versions = alck_arena_alloc(
		image->arena, (most + 1) * sizeof(*image->versions));
	if (!image->versions)
		return;
	image->nversions = most + 1;
	read_definitions(image, t);
	read_needs(image, t);
}

/* ------------------------------------------------- symbols, relocations */

static int is_usable(const Elf64_Sym *s)
{
	unsigned int type = ELF64_ST_TYPE(s->st_info);

	return ELF64_ST_BIND(s->st_info) != STB_LOCAL &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE ||
		type == STT_GNU_IFUNC || type == STT_COMMON);
}

static void note_symbol(struct alck_image *image, const struct tables *t,
			size_t i, int name)
{
	struct alck_image_symbol *s = &image->symbols[image->nsymbols];
	unsigned int version = t->ver ? t->ver[i] : 1;

	s->name = name;
	s->index = (uint32_t)i;
	s->value = t->sym[i].st_value;
	s->size = t->sym[i].st_size;
	s->type = ELF64_ST_TYPE(t->sym[i].st_info);
	s->defined = t->sym[i].st_shndx != SHN_UNDEF && s->value;
	s->hidden = s->defined && (version & 0x8000);
	version &= 0x7fff;
	s->version =
		version < image->nversions ? image->versions[version] : NULL;
	t->wanted[i] = (int32_t)image->nsymbols++;
}

static void find_symbols(struct alck_image *image, struct tables *t)
{
	size_t n = 0;

	t->wanted = malloc((t->nsym + 1) * sizeof(*t->wanted));
	if (!t->wanted)
		return;
	for (size_t i = 0; i < t->nsym; i++) {
		t->wanted[i] = -1;
		if (i && is_usable(&t->sym[i]))
			t->wanted[i] =
				alck_name_find(string(t, t->sym[i].st_name));
		n += t->wanted[i] >= 0;
	}
	image->symbols = alck_arena_alloc(image->arena,
					  (n + 1) * sizeof(*image->symbols));
	for (size_t i = 0; image->symbols && i < t->nsym; i++)
		if (t->wanted[i] >= 0)
			note_symbol(image, t, i, t->wanted[i]);
}

struct collector {
	struct alck_image *image;
	const struct tables *t;
	size_t room;
};

static void note_slot(const Elf64_Rela *rela, void *data)
{
	struct collector *c = data;
	struct alck_image *image = c->image;
	uint32_t type = (uint32_t)ELF64_R_TYPE(rela->r_info);
	uint64_t symbol = ELF64_R_SYM(rela->r_info);
	struct alck_image_slot *more;

	if (symbol >= c->t->nsym || c->t->wanted[symbol] < 0)
		return;
	if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT &&
	    type != R_X86_64_COPY && !(type == R_X86_64_64 && !rela->r_addend))
		return;
	if (image->nslots == c->room) {
		c->room = c->room ? 2 * c->room : 16;
		more = alck_arena_alloc(image->arena, c->room * sizeof(*more));
		if (!more) {
			c->room = image->nslots;
			return;
		}
		if (image->nslots)
			memcpy(more, image->slots,
			       image->nslots * sizeof(*more));
		image->slots = more;
	}
	image->slots[image->nslots].address = rela->r_offset;
	image->slots[image->nslots].symbol =
		&image->symbols[c->t->wanted[symbol]];
	image->slots[image->nslots++].type = type;
}

static const char *read_symbols(struct alck_image *image, struct tables *t)
{
	struct collector c = {image, t, 0};

	if (!t->strtab || !t->strsz || t->strsz > STRINGS_MAX)
		return "its dynamic section has no strings";
	t->str = read_table(image, t->strtab, t->strsz, 1);
	if (!t->str)
		return "its strings cannot be read";
	t->str[t->strsz - 1] = 0;
	t->nsym = count_symbols(image, t);
	visit_relocations(image, t, note_highest, &t->nsym);
	if (t->nsym > SYMBOLS_MAX)
		return "its symbol table has no end";
	image->soname = kept_string(image, t, t->soname);
	image->rpath = kept_string(image, t, t->rpath);
	image->runpath = kept_string(image, t, t->runpath);
	image->needed = alck_arena_alloc(
		image->arena, (t->nneeded + 1) * sizeof(*image->needed));
	for (size_t i = 0; image->needed && i < t->nneeded; i++)
		image->needed[image->nneeded++] =
			kept_string(image, t, t->needed[i] + 1);
	if (!t->nsym)
		return NULL;
	t->sym = read_table(image, t->symtab, t->nsym, sizeof(*t->sym));
	if (!t->sym)
		return "its symbols cannot be read";
	read_versions(image, t);
	find_symbols(image, t);
	if (image->symbols && image->nsymbols)
		visit_relocations(image, t, note_slot, &c);
	return NULL;
}

const char *alck_image_read_dynamic(struct alck_image *image)
{
	struct tables *t = calloc(1, sizeof(*t));
	const char *why = "out of memory";

	if (!t)
		return why;
	if (read_dynamic(image, t))
		why = "its dynamic section cannot be read";
	else
		why = image->dynamic ? read_symbols(image, t) : NULL;
	free(t->str);
	free(t->sym);
	free(t->ver);
	free(t->wanted);
	free(t);
	return why;
}
