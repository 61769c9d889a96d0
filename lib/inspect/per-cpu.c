/* SPDX-License-Identifier: MIT */
/* Allocators with a cache for each processor: see per-cpu.h.  Offline. */
#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/file-symbols.h"
#include "inspect/per-cpu.h"

/* A variable that has how many processors there are, to the allocator. */
struct counter {
	const char *symbol;
	int is_optional; /* a byte behind it says whether it has been set */
};

/* gperftools' tcmalloc is not here: it has caches of threads alone.  Nor are
 * those that take the number modulo what they have. */
static const struct row {
	const char *family;
	const char *option; /* only with this in its variable; or NULL */
	/* What it does on a processor that it has not counted, and whether
	 * memory is damaged by that. */
	const char *beyond;
	int is_fault;
	struct counter counters[3];
} rows[] = {
	/* internal/sysinfo.h: NumCPUsMaybe's result, once NumCPUs' own. */
	{"google-tcmalloc",
	 NULL,
	 "it has no cache there, and reads and writes what lies behind its "
	 "table",
	 1,
	 {{"_ZZN8tcmalloc17tcmalloc_internal12NumCPUsMaybeEvE6result", 1},
	  {"_ZZN8tcmalloc17tcmalloc_internal7NumCPUsEvE6result", 0},
	  {NULL, 0}}},
	/* src/jemalloc.c: an arena for each.  The arenas that follow are made
	 * when they are asked for, and percpu_arena_ind_limit lets no thread
	 * leave them. */
	{"jemalloc",
	 "percpu_arena:",
	 "a thread that allocates there gets an arena that is kept for other "
	 "things (its largest blocks, arenas.create), and stays in it",
	 0,
	 {{"ncpus", 0}, {"je_ncpus", 0}, {NULL, 0}}},
};

struct found {
	const struct row *row;
	const struct counter *counter;
	uint64_t value;
};

static void note_counter(const char *name, const GElf_Sym *symbol, void *data)
{
	struct found *f = data;

	if (GELF_ST_TYPE(symbol->st_info) != STT_OBJECT ||
	    symbol->st_shndx == SHN_UNDEF)
		return;
	for (const struct counter *c = f->row->counters; c->symbol; c++)
		if (!strcmp(name, c->symbol)) {
			f->counter = c;
			f->value = symbol->st_value;
		}
}

/* What the allocator in O has counted; 0 where that cannot be read. */
static unsigned int count_of(const struct alck_scene *scene,
			     const struct alck_object *o, const struct row *row)
{
	struct found f = {.row = row};
	struct {
		int32_t n;
		uint8_t is_set, unused[3];
	} counted;

	if (!scene->is_live)
		return 0;
	alck_file_symbols(scene, o, SHT_SYMTAB, note_counter, &f);
	if (!f.counter)
		alck_file_symbols(scene, o, SHT_DYNSYM, note_counter, &f);
	if (!f.counter ||
	    alck_image_read(&o->image, f.value, &counted, sizeof(counted)) ||
	    (f.counter->is_optional && counted.is_set != 1))
		return 0;
	return counted.n > 0 && counted.n < 1 << 20 ? (unsigned int)counted.n
						    : 0;
}

/* One more than the highest number in the kernel's list NAME; 0 without. */
static unsigned int limit_of(const char *root, const char *name)
{
	char path[PATH_MAX], line[4096] = "";
	unsigned long highest = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/%s", root,
		 name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		*line = 0;
	fclose(f);
	for (char *p = line; *p >= '0' && *p <= '9';) {
		highest = strtoul(p, &p, 10) + 1;
		p += *p == '-' || *p == ',';
	}
	return highest < 1 << 20 ? (unsigned int)highest : 0;
}

static int has_option(const struct alck_live *live, const char *option)
{
	if (!option)
		return 1;
	for (size_t i = 0; i < live->nenvironment; i++)
		if (strstr(live->environment[i], "MALLOC_CONF=") &&
		    strstr(live->environment[i], option) &&
		    !strstr(live->environment[i], "percpu_arena:disabled"))
			return 1;
	return 0;
}

static const char *title_of(struct alck_scene *scene,
			    const struct alck_object *o, const struct row *row)
{
	const char *text;

	if (o->family && !strcmp(o->family->name, row->family))
		return alck_object_title(scene, o);
	text = alck_arena_printf(&scene->arena, "%s (%s)", o->inside->title,
				 alck_object_name(o));
	return text ? text : "";
}

static void judge(struct alck_scene *scene, const struct alck_object *o,
		  const struct row *row, unsigned int counted,
		  unsigned int online, unsigned int possible)
{
	static const char *const fix =
		"add no processors while it runs; or keep it on those that "
		"it knows (taskset)";
	enum alck_severity severity = ALCK_SEVERITY_LATENT;
	const char *title = title_of(scene, o, row), *text;

	if (counted && online > counted) {
		severity = ALCK_SEVERITY_ERROR;
		text = alck_arena_printf(
			&scene->arena,
			"%s counted %u processors at its start, and by now "
			"processor %u is online: %s",
			title, counted, online - 1, row->beyond);
	} else if (counted && possible > counted) {
		text = alck_arena_printf(
			&scene->arena,
			"%s counted %u processors at its start, and number %u "
			"may be added: %s",
			title, counted, possible - 1, row->beyond);
	} else if (!counted && possible > online) {
		severity = ALCK_SEVERITY_INFO;
		text = alck_arena_printf(
			&scene->arena,
			"%s has a cache for each processor; number %u is the "
			"highest online, and number %u may be added; how many "
			"it counted at its start cannot be read",
			title, online - 1, possible - 1);
	} else {
		return;
	}
	if (!row->is_fault)
		severity = ALCK_SEVERITY_INFO;
	alck_scene_found(scene, ALCK_NO_FINDING, severity, o, text,
			 "it finds a thread's cache by the number of the "
			 "processor",
			 fix);
}

static int is_of(const struct alck_object *o, const char *family)
{
	return (o->family && !strcmp(o->family->name, family)) ||
	       (o->inside && !strcmp(o->inside->name, family));
}

void alck_per_cpu_judge(struct alck_scene *scene, const struct alck_live *live,
			const char *root)
{
	unsigned int online = limit_of(root, "online");
	unsigned int possible = limit_of(root, "possible");

	for (size_t i = 0; online && i < scene->nobjects; i++) {
		const struct alck_object *o = scene->objects[i];

		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (is_of(o, rows[k].family) &&
			    has_option(live, rows[k].option))
				judge(scene, o, &rows[k],
				      count_of(scene, o, &rows[k]), online,
				      possible);
	}
}
