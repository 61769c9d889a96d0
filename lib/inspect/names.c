/* SPDX-License-Identifier: MIT */
/* The names a scan looks for: see names.h.  Offline. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/names.h"

#define NAMES_MAX 1024
#define SLOTS	  4096 /* a power of two */

static struct alck_name names[NAMES_MAX];
static unsigned int nnames;
static uint16_t slots[SLOTS]; /* number + 1 */

static const char *const hooks[] = {"__malloc_hook", "__free_hook",
				    "__realloc_hook", "__memalign_hook",
				    "__malloc_initialize_hook"};

/* What POSIX and the manual of glibc say is to be given to free(). */
static const char *const givers[] = {
	"strdup",	   "strndup",	     "__strdup",
	"__strndup",	   "wcsdup",	     "getline",
	"getdelim",	   "__getdelim",     "asprintf",
	"vasprintf",	   "__asprintf_chk", "__vasprintf_chk",
	"realpath",	   "__realpath_chk", "canonicalize_file_name",
	"getcwd",	   "__getcwd_chk",   "get_current_dir_name",
	"scandir",	   "scandir64",	     "open_memstream",
	"open_wmemstream", "tempnam",	     "backtrace_symbols",
	"argz_create",	   "argz_add",	     "if_nameindex",
	"getifaddrs",	   "getaddrinfo",
};

static const char *const loaders[] = {"dlopen", "dlmopen"};

static uint32_t hash(const char *text)
{
	uint32_t h = 5381;

	for (; *text; text++)
		h = h * 33 + (unsigned char)*text;
	return h ^ h >> 15;
}

static struct alck_name *slot_of(const char *text, uint32_t *at)
{
	uint32_t i = hash(text) % SLOTS;

	for (; slots[i]; i = (i + 1) % SLOTS)
		if (!strcmp(names[slots[i] - 1].text, text))
			return &names[slots[i] - 1];
	*at = i;
	return NULL;
}

static struct alck_name *add(const char *prefix, const char *base,
			     enum alck_name_kind kind)
{
	char text[128];
	struct alck_name *name;
	uint32_t at = 0;

	snprintf(text, sizeof(text), "%s%s", prefix, base);
	name = slot_of(text, &at);
	if (!name) {
		if (nnames == NAMES_MAX)
			abort();
		name = &names[nnames++];
		name->text = strdup(text);
		if (!name->text)
			abort();
		slots[at] = (uint16_t)nnames;
	}
	name->kinds |= kind;
	return name;
}

/* Where ROW stands in alck_rows_c, or -1. */
static int place_in_c(const struct alck_row *row)
{
	for (int i = 0; alck_rows_c[i].name; i++)
		if (!strcmp(alck_rows_c[i].name, row->name))
			return i;
	return -1;
}

static enum alck_column column_of(const struct alck_name *name)
{
	const struct alck_row *row = name->row;
	int place = place_in_c(row);

	if (row->shape == ALCK_SATELLITE)
		return ALCK_COLUMN_SATELLITE;
	if (name->api == ALCK_API_LIBC)
		return ALCK_COLUMN_LIBC;
	if (name->api == ALCK_API_C && place >= 0 && place < ALCK_COLUMN_C)
		return (enum alck_column)place;
	if (name->api == ALCK_API_NEW || name->api == ALCK_API_NEW_ARRAY)
		return row->shape == ALCK_ALLOC ? ALCK_COLUMN_NEW
						: ALCK_COLUMN_DELETE;
	return ALCK_COLUMN_NATIVE;
}

static void add_rows(const struct alck_row *rows, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		for (const struct alck_row *row = rows; row->name; row++) {
			struct alck_name *name =
				add(*prefixes, row->name, ALCK_NAME_ENTRY);

			if (name->row)
				continue;
			name->row = row;
			name->api = **prefixes ? ALCK_API_NATIVE
					       : (enum alck_api)row->api;
			name->column = column_of(name);
		}
}

static void add_family(const struct alck_family *f)
{
	for (const struct alck_row_set *set = f->sets; set->rows; set++)
		add_rows(set->rows, set->prefixes);
	for (const char *const *p = f->prefixes; *p; p++)
		for (const char *const *m = f->marks; *m; m++)
			add(*p, *m, ALCK_NAME_MARK);
	for (const char *const *i = f->imports; i && *i; i++)
		add("", *i, ALCK_NAME_MARK);
	if (f->unless)
		add("", f->unless, ALCK_NAME_MARK);
	if (f->version_how == ALCK_VERSION_CALL_MMP)
		add("", f->version_what, ALCK_NAME_MARK);
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void add_all(const char *const *texts, size_t n,
		    enum alck_name_kind kind)
{
	for (size_t i = 0; i < n; i++)
		add("", texts[i], kind);
}

static void make(void)
{
	static const char *const bare[] = {"", NULL};

	/* The standard names first: what they mean is not a family's matter. */
	add_rows(alck_rows_c, bare);
	add_rows(alck_rows_cxx, bare);
	for (unsigned int i = 0; i < alck_nfamilies; i++)
		add_family(&alck_families[i]);
	add_family(&alck_family_other);
	add_all(hooks, COUNT(hooks), ALCK_NAME_HOOK);
	add_all(givers, COUNT(givers), ALCK_NAME_GIVES);
	add_all(loaders, COUNT(loaders), ALCK_NAME_LOADS);
}

unsigned int alck_names_count(void)
{
	if (!nnames)
		make();
	return nnames;
}

const struct alck_name *alck_name(unsigned int id)
{
	return id < alck_names_count() ? &names[id] : NULL;
}

int alck_name_find(const char *text)
{
	const struct alck_name *name;
	uint32_t at;

	if (!nnames)
		make();
	name = slot_of(text, &at);
	return name ? (int)(name - names) : -1;
}

const char *alck_column_title(enum alck_column column)
{
	static const char *const rest[] = {"new", "delete", "__libc_*",
					   "own names", "malloc_trim.."};
	static const char *const shorter[][2] = {
		{"aligned_alloc", "aligned_a"},
		{"posix_memalign", "posix_mem"},
		{"reallocarray", "reallocarr"},
		{"free_aligned_sized", "free_al_sz"},
		{"malloc_usable_size", "usable"},
	};

	if (column >= ALCK_COLUMN_C)
		return rest[column - ALCK_COLUMN_C];
	for (size_t i = 0; i < COUNT(shorter); i++)
		if (!strcmp(shorter[i][0], alck_rows_c[column].name))
			return shorter[i][1];
	return alck_rows_c[column].name;
}

int alck_name_allocates(const struct alck_name *name)
{
	return name->row && name->row->shape <= ALCK_REALLOC;
}

int alck_name_frees(const struct alck_name *name)
{
	return name->row && (name->row->shape == ALCK_REALLOC ||
			     name->row->shape == ALCK_FREE ||
			     name->row->shape == ALCK_FREE_SIZED);
}
