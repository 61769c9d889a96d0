/* SPDX-License-Identifier: MIT */
/* A report as structures: see model.h.  Offline. */
#include "report/model.h"

#include <stdlib.h>
#include <string.h>

/* A real report has hundreds of modules and a handful of providers; what has
 * more than this was not written by us. */
#define MODULES_MAX   65536
#define PROVIDERS_MAX 4096
#define FINDINGS_MAX  65536
#define EVENTS_MAX    262144
#define COVERAGE_MAX  65536
#define PROBLEMS_MAX  64
#define HELD_MAX      64
/* As many modules may have been at one place, one after the other. */
#define OVERLAP_MAX 2048
#define MEMORY_MAX  (512ul << 20)

struct alck_id_slot {
	uint64_t id;
	uint32_t index; /* plus 1; 0 is a free slot */
};

struct alck_report *alck_report_new(const char *path)
{
	struct alck_report *report = calloc(1, sizeof(*report));

	if (!report)
		return NULL;
	report->arena.limit = MEMORY_MAX;
	report->path = alck_arena_text(&report->arena, path, strlen(path));
	report->problems = alck_arena_alloc(
		&report->arena, PROBLEMS_MAX * sizeof(*report->problems));
	if (!report->path || !report->problems) {
		alck_report_free(report);
		return NULL;
	}
	return report;
}

void alck_report_free(struct alck_report *report)
{
	if (!report)
		return;
	free(report->modules);
	free(report->providers);
	free(report->findings);
	free(report->events);
	free(report->coverage);
	free(report->crash.held);
	free(report->by_address);
	free(report->module_ids.slots);
	free(report->provider_ids.slots);
	free(report->finding_ids.slots);
	alck_arena_free(&report->arena);
	free(report);
}

void alck_report_problem(struct alck_report *report, const char *format, ...)
{
	const char *text;
	va_list args;

	if (report->nproblems == PROBLEMS_MAX)
		return;
	va_start(args, format);
	text = alck_arena_vprintf(&report->arena, format, args);
	va_end(args);
	if (text)
		text = alck_arena_printf(&report->arena, "%s: %s", report->path,
					 text);
	/* That something was wrong must not get lost with the words. */
	report->problems[report->nproblems++] =
		text ? text : "a report needs more memory than there is";
}

/* Makes room for one more row behind COUNT of them of SIZE bytes; zeroed. */
static void *add_row(struct alck_report *report, void *rows_pointer,
		     size_t *count, size_t size, size_t max)
{
	void *rows;
	char *grown;

	memcpy(&rows, rows_pointer, sizeof(rows));
	grown = rows;
	if (*count >= max) {
		report->dropped++;
		return NULL;
	}
	/* Powers of two: the room is full exactly when COUNT is one. */
	if (!(*count & (*count - 1))) {
		grown = realloc(rows, (*count ? 2 * *count : 1) * size);
		if (!grown) {
			report->dropped++;
			return NULL;
		}
		rows = grown;
		memcpy(rows_pointer, &rows, sizeof(rows));
	}
	grown += *count * size;
	memset(grown, 0, size);
	(*count)++;
	return grown;
}

static struct alck_id_slot *id_slot(const struct alck_id_map *map, uint64_t id)
{
	uint64_t hash = id * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(hash >> 32) & (map->size - 1);

	while (map->slots[i].index && map->slots[i].id != id)
		i = (i + 1) & (map->size - 1);
	return &map->slots[i];
}

static int id_find(const struct alck_id_map *map, uint64_t id, size_t *index)
{
	const struct alck_id_slot *slot;

	if (!map->size)
		return 0;
	slot = id_slot(map, id);
	if (!slot->index)
		return 0;
	*index = slot->index - 1;
	return 1;
}

static int id_put(struct alck_id_map *map, uint64_t id, size_t index)
{
	struct alck_id_map grown;

	if (2 * (map->used + 1) > map->size) {
		grown.size = map->size ? 2 * map->size : 64;
		grown.used = map->used;
		grown.slots = calloc(grown.size, sizeof(*grown.slots));
		if (!grown.slots)
			return 0;
		for (size_t i = 0; i < map->size; i++)
			if (map->slots[i].index)
				*id_slot(&grown, map->slots[i].id) =
					map->slots[i];
		free(map->slots);
		*map = grown;
	}
	*id_slot(map, id) = (struct alck_id_slot){id, (uint32_t)index + 1};
	map->used++;
	return 1;
}

#define ADD_BY_ID(kind, rows, count, map, max)                       \
	struct alck_report_##kind *alck_report_add_##kind(           \
		struct alck_report *report, uint64_t id)             \
	{                                                            \
		struct alck_report_##kind *row;                      \
		size_t index;                                        \
                                                                     \
		if (id_find(&report->map, id, &index))               \
			return &report->rows[index];                 \
		row = add_row(report, &report->rows, &report->count, \
			      sizeof(*row), max);                    \
		if (!row)                                            \
			return NULL;                                 \
		if (!id_put(&report->map, id, report->count - 1)) {  \
			report->count--;                             \
			report->dropped++;                           \
			return NULL;                                 \
		}                                                    \
		row->id = (struct alck_number){id, 1};               \
		return row;                                          \
	}

ADD_BY_ID(module, modules, nmodules, module_ids, MODULES_MAX)
ADD_BY_ID(provider, providers, nproviders, provider_ids, PROVIDERS_MAX)
ADD_BY_ID(finding, findings, nfindings, finding_ids, FINDINGS_MAX)

struct alck_report_event *alck_report_add_event(struct alck_report *report)
{
	return add_row(report, &report->events, &report->nevents,
		       sizeof(*report->events), EVENTS_MAX);
}

struct alck_report_coverage *
alck_report_add_coverage(struct alck_report *report)
{
	return add_row(report, &report->coverage, &report->ncoverage,
		       sizeof(*report->coverage), COVERAGE_MAX);
}

struct alck_report_held *alck_report_add_held(struct alck_report *report)
{
	return add_row(report, &report->crash.held, &report->crash.nheld,
		       sizeof(*report->crash.held), HELD_MAX);
}

static int by_number(struct alck_number a, struct alck_number b)
{
	return a.value < b.value ? -1 : a.value > b.value;
}

static int by_finding_time(const void *a, const void *b)
{
	const struct alck_report_finding *x = a, *y = b;
	int order = by_number(x->time, y->time);

	return order ? order : by_number(x->id, y->id);
}

/* Events have no ID: of two at the same time the one that stands first in the
 * file goes first. */
struct event_key {
	uint64_t time;
	size_t index;
};

static int by_event_key(const void *a, const void *b)
{
	const struct event_key *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void sort_events(struct alck_report *report)
{
	size_t n = report->nevents;
	struct alck_report_event *sorted = calloc(n, sizeof(*sorted));
	struct event_key *keys = calloc(n, sizeof(*keys));

	if (!sorted || !keys) {
		/* Unsorted is better than none. */
		free(sorted);
		free(keys);
		return;
	}
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct event_key){report->events[i].time.value, i};
	qsort(keys, n, sizeof(*keys), by_event_key);
	for (size_t i = 0; i < n; i++)
		sorted[i] = report->events[keys[i].index];
	free(keys);
	free(report->events);
	report->events = sorted;
}

/* Of rows with the same path the last one in the file counts. */
struct coverage_key {
	struct alck_report_coverage row;
	size_t index;
};

static int by_coverage_path(const void *a, const void *b)
{
	const struct coverage_key *x = a, *y = b;
	int order = strcmp(x->row.path, y->row.path);

	if (order)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void sort_coverage(struct alck_report *report)
{
	size_t n = report->ncoverage, kept = 0;
	struct coverage_key *keys = calloc(n, sizeof(*keys));

	if (!keys)
		return;
	for (size_t i = 0; i < n; i++) {
		keys[i].row = report->coverage[i];
		keys[i].index = i;
		if (!keys[i].row.path)
			keys[i].row.path = "";
	}
	qsort(keys, n, sizeof(*keys), by_coverage_path);
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n ||
		    strcmp(keys[i].row.path, keys[i + 1].row.path))
			report->coverage[kept++] = keys[i].row;
	report->ncoverage = kept;
	free(keys);
}

static int by_low(const void *a, const void *b)
{
	const struct alck_address_row *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->module < y->module ? -1 : x->module > y->module;
}

static void index_addresses(struct alck_report *report)
{
	struct alck_address_row *rows = calloc(report->nmodules, sizeof(*rows));
	uint64_t max = 0, high;

	if (!rows) {
		alck_report_problem(report, "no memory to tell the modules of "
					    "its stacks");
		return;
	}
	for (size_t i = 0; i < report->nmodules; i++) {
		rows[i].low = report->modules[i].low.value;
		rows[i].module = i;
	}
	qsort(rows, report->nmodules, sizeof(*rows), by_low);
	for (size_t i = 0; i < report->nmodules; i++) {
		high = report->modules[rows[i].module].high.value;
		max = high > max ? high : max;
		rows[i].max_high = max;
	}
	report->by_address = rows;
}

/* What happened to whom stands in the timeline too: the allocators as they
 * came, the findings, among the loads, hooks and forks that led to them. */
static void fill_timeline(struct alck_report *report)
{
	for (size_t i = 0; i < report->nproviders; i++) {
		const struct alck_report_provider *p = &report->providers[i];
		const struct alck_report_module *m =
			alck_report_module(report, p->module);
		struct alck_report_event *e =
			m && m->time.set ? alck_report_add_event(report) : NULL;

		if (!e)
			continue;
		e->time = m->time;
		e->module = p->module;
		e->kind = "provider";
		e->message = alck_arena_printf(
			&report->arena, "%s%s%s in %s",
			p->title    ? p->title
			: p->family ? p->family
				    : "an allocator",
			p->version && *p->version ? " " : "",
			p->version ? p->version : "",
			alck_report_base_name(
				alck_report_provider_path(report, p)));
	}
	for (size_t i = 0; i < report->nfindings; i++) {
		const struct alck_report_finding *f = &report->findings[i];
		struct alck_report_event *e =
			f->time.set ? alck_report_add_event(report) : NULL;

		if (!e)
			continue;
		e->time = f->time;
		e->thread = f->thread;
		e->kind = "finding";
		e->message = alck_arena_printf(
			&report->arena, "%s %s: %s", f->code ? f->code : "?",
			f->slug ? f->slug : "", f->api ? f->api : "");
	}
}

void alck_report_finish(struct alck_report *report)
{
	size_t kept = 0, lost = 0;

	for (size_t i = 0; i < report->nfindings; i++) {
		struct alck_report_finding *f = &report->findings[i];

		if (!f->code && !f->verdict && !f->pointer.set) {
			lost++;
			continue;
		}
		if (!f->count.value)
			f->count.value = 1;
		f->count.set = 1;
		report->findings[kept++] = *f;
	}
	report->nfindings = kept;
	if (lost)
		alck_report_problem(report,
				    "%zu finding%s known by the count alone: "
				    "the record is missing",
				    lost, lost == 1 ? "" : "s");
	if (report->dropped)
		alck_report_problem(report,
				    "%u rows left out: more than any process "
				    "has, or more than fits into memory",
				    report->dropped);
	if (kept)
		qsort(report->findings, kept, sizeof(*report->findings),
		      by_finding_time);
	fill_timeline(report);
	if (report->nevents)
		sort_events(report);
	if (report->ncoverage)
		sort_coverage(report);
	if (report->nmodules)
		index_addresses(report);
	/* The indices are no longer right. */
	free(report->finding_ids.slots);
	memset(&report->finding_ids, 0, sizeof(report->finding_ids));
}

const struct alck_report_module *
alck_report_module(const struct alck_report *report, struct alck_number id)
{
	size_t index;

	if (!id.set || !id_find(&report->module_ids, id.value, &index))
		return NULL;
	return &report->modules[index];
}

const struct alck_report_provider *
alck_report_provider(const struct alck_report *report, struct alck_number id)
{
	size_t index;

	if (!id.set || !id_find(&report->provider_ids, id.value, &index))
		return NULL;
	return &report->providers[index];
}

/* Is A a better answer than B at TIME?  One that came later only when there is
 * no other. */
static int better(const struct alck_report_module *a,
		  const struct alck_report_module *b, uint64_t time)
{
	int a_late = a->time.value > time, b_late = b->time.value > time;

	if (a_late != b_late)
		return b_late;
	if (a->time.value != b->time.value)
		return a_late ? a->time.value < b->time.value
			      : a->time.value > b->time.value;
	return a > b;
}

const struct alck_report_module *
alck_report_module_at(const struct alck_report *report, uint64_t addr,
		      uint64_t time)
{
	const struct alck_report_module *best = NULL, *m;
	size_t from = 0, to = report->by_address ? report->nmodules : 0, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (report->by_address[middle].low <= addr)
			from = middle + 1;
		else
			to = middle;
	}
	for (size_t n = 0; from && n < OVERLAP_MAX; n++) {
		if (report->by_address[--from].max_high <= addr)
			break;
		m = &report->modules[report->by_address[from].module];
		if (addr < m->high.value && (!best || better(m, best, time)))
			best = m;
	}
	return best;
}

const char *alck_report_base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

const char *alck_report_module_path(const struct alck_report *report,
				    const struct alck_report_module *module)
{
	if (!module)
		return "";
	if (module->path && module->path[0])
		return module->path;
	return report->process.exe ? report->process.exe : "";
}

const char *
alck_report_provider_path(const struct alck_report *report,
			  const struct alck_report_provider *provider)
{
	if (!provider)
		return "";
	if (provider->path && provider->path[0])
		return provider->path;
	return alck_report_module_path(
		report, alck_report_module(report, provider->module));
}
