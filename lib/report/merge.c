/* SPDX-License-Identifier: MIT */
/* Many reports taken together: see merge.h.  Offline. */
#include <config.h>
#include "report/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/progress.h"
#include "report/reader.h"

/* Distinct findings; some 200 bytes each. */
#define DISTINCT_MAX 500000

struct alck_merge {
	struct alck_merge_settings settings;
	char **files;
	size_t nfiles;
	struct alck_merged *rows;
	size_t count, room;
	uint32_t *slots; /* row and 1, by signature; 0 is free */
	size_t nslots;
	struct alck_merge_totals totals;
	struct alck_progress progress;
};

struct alck_merge *alck_merge_new(const struct alck_merge_settings *settings)
{
	struct alck_merge *m = calloc(1, sizeof(*m));

	if (m)
		m->settings = *settings;
	return m;
}

void alck_merge_free(struct alck_merge *m)
{
	if (!m)
		return;
	alck_reader_list_free(m->files, m->nfiles);
	free(m->rows);
	free(m->slots);
	free(m);
}

/* ------------------------------------------------------------- the distinct */

static uint32_t *slot_of(const struct alck_merge *m, struct alck_signature s)
{
	size_t i = (size_t)s.low & (m->nslots - 1);

	while (m->slots[i] &&
	       !alck_signature_equal(m->rows[m->slots[i] - 1].signature, s))
		i = (i + 1) & (m->nslots - 1);
	return &m->slots[i];
}

static int index_rows(struct alck_merge *m, size_t nslots)
{
	uint32_t *slots = calloc(nslots, sizeof(*slots));

	if (!slots)
		return -1;
	free(m->slots);
	m->slots = slots;
	m->nslots = nslots;
	for (size_t i = 0; i < m->count; i++)
		*slot_of(m, m->rows[i].signature) = (uint32_t)i + 1;
	return 0;
}

static int make_room(struct alck_merge *m)
{
	struct alck_merged *rows;
	size_t room = m->room ? 2 * m->room : 64;

	if (m->count < m->room)
		return 0;
	rows = reallocarray(m->rows, room, sizeof(*rows));
	if (!rows)
		return -1;
	m->rows = rows;
	m->room = room;
	return index_rows(m, 4 * room);
}

/* The row for SIGNATURE, new with zero times; NULL past the limit. */
static struct alck_merged *row_for(struct alck_merge *m,
				   struct alck_signature signature)
{
	uint32_t *slot;

	if (!m->nslots)
		return NULL;
	slot = slot_of(m, signature);
	if (*slot)
		return &m->rows[*slot - 1];
	if (m->count >= DISTINCT_MAX || m->count == m->room)
		return NULL;
	m->rows[m->count] = (struct alck_merged){
		.signature = signature, .order = m->count, .file = m->nfiles};
	*slot = (uint32_t)++m->count;
	return &m->rows[m->count - 1];
}

/* ----------------------------------------------------------------- one report
 */

static uint64_t seen_at(const struct alck_report *r,
			const struct alck_report_finding *f)
{
	if (!r->process.started.set)
		return 0;
	return r->process.started.value + f->time.value;
}

static void meet(struct alck_merged *row, const struct alck_report *r,
		 const struct alck_report_finding *f, size_t file)
{
	uint64_t pid = r->process.pid.value, at = seen_at(r, f);

	/* A report may have it twice: in another thread, say. */
	if (!row->times || row->last_file != file) {
		row->reports++;
		if (row->npids < ALCK_MERGED_PIDS)
			row->pids[row->npids] = pid;
		row->npids += !row->npids || row->last_pid != pid;
		row->last_file = file;
		row->last_pid = pid;
	}
	row->times += f->count.value;
	if (at && (!row->first_seen || at < row->first_seen))
		row->first_seen = at;
	if (at > row->last_seen)
		row->last_seen = at;
}

static void count(struct alck_merge_totals *t, const struct alck_merged *row,
		  uint64_t times, int is_new)
{
	if (row->rule) {
		t->suppressed += times;
		t->distinct_suppressed += (size_t)is_new;
		row->rule->times += times;
		row->rule->findings += (uint64_t)is_new;
		return;
	}
	t->times[row->severity] += times;
	t->distinct[row->severity] += (size_t)is_new;
}

static int add_findings(struct alck_merge *m, const struct alck_report *r)
{
	struct alck_view view;
	int affected = 0;

	if (alck_view_init(&view, r, m->settings.images))
		return -1;
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct alck_report_finding *f = &r->findings[i];
		struct alck_merged *row;
		int is_new;

		if (make_room(m) && m->count == m->room) {
			alck_view_done(&view);
			return -1;
		}
		row = row_for(m, alck_signature_of(r, f));
		if (!row) {
			m->totals.left_out++;
			affected |= alck_view_severity(f) != ALCK_SEVERITY_INFO;
			continue;
		}
		is_new = !row->times;
		if (is_new) {
			row->id = f->id.value;
			row->severity = alck_view_severity(f);
			row->rule = alck_suppressions_find(
				m->settings.suppressions, &view, f);
		}
		meet(row, r, f, m->nfiles);
		count(&m->totals, row, f->count.value, is_new);
		affected |= !row->rule && row->severity != ALCK_SEVERITY_INFO;
	}
	m->totals.affected += (size_t)affected;
	alck_view_done(&view);
	return 0;
}

static int is_anothers(const struct alck_merge *m, const struct alck_report *r)
{
	uint64_t launcher = r->process.launcher.value;

	return m->settings.launcher && launcher &&
	       launcher != m->settings.launcher;
}

/* Returns 0, 1 where it is none of this run's, or -1 without memory. */
static int add_report(struct alck_merge *m, const char *path)
{
	struct alck_report *r = alck_reader_read(path);
	int failed;

	if (!r)
		return -1;
	if (is_anothers(m, r)) {
		alck_report_free(r);
		return 1;
	}
	for (size_t i = 0; i < r->nproblems && m->settings.complain; i++) {
		alck_progress_end(&m->progress);
		m->settings.complain(m->settings.data, r->problems[i]);
	}
	m->totals.problems += r->nproblems != 0;
	m->totals.processes += r->nrecords != 0;
	failed = add_findings(m, r);
	alck_report_free(r);
	return failed;
}

/* ------------------------------------------------------------------- all */

static int is_older(const char *path, const struct timespec *since)
{
	struct stat st;

	return since && !stat(path, &st) &&
	       (st.st_mtim.tv_sec < since->tv_sec ||
		(st.st_mtim.tv_sec == since->tv_sec &&
		 st.st_mtim.tv_nsec < since->tv_nsec));
}

long alck_merge_add(struct alck_merge *m, const char *path)
{
	char **names, **files;
	size_t count, kept = 0;
	int added, failed = 0;

	if (alck_reader_list(path, &names, &count))
		return -1;
	files = reallocarray(m->files, m->nfiles + count + 1, sizeof(*files));
	if (!files) {
		alck_reader_list_free(names, count);
		return -1;
	}
	m->files = files;
	alck_progress_begin(&m->progress, "reading reports", count);
	for (size_t i = 0; i < count; i++) {
		if (failed || is_older(names[i], m->settings.since)) {
			free(names[i]);
			continue;
		}
		alck_progress_step(&m->progress, i);
		added = add_report(m, names[i]);
		failed = added < 0;
		if (added > 0) {
			free(names[i]);
			continue;
		}
		m->files[m->nfiles++] = names[i];
		kept++;
	}
	alck_progress_end(&m->progress);
	free(names);
	if (failed) {
		errno = ENOMEM;
		return -1;
	}
	return (long)kept;
}

static unsigned long long times(const struct alck_merge_totals *t)
{
	return t->times[0] + t->times[1] + t->times[2];
}

int alck_merge_add_told(struct alck_merge *m, const struct alck_told *told)
{
	char **files = reallocarray(m->files, m->nfiles + 1, sizeof(*files));
	unsigned long long before = times(&m->totals);
	size_t affected = m->totals.affected;

	if (!files)
		return -1;
	m->files = files;
	if (add_findings(m, told->report)) {
		errno = ENOMEM;
		return -1;
	}
	m->files[m->nfiles++] = NULL;
	m->totals.processes += !told->is_rest;
	if (told->affected)
		m->totals.affected = affected;
	m->totals.told += times(&m->totals) - before;
	return 0;
}

static int by_severity(const void *a, const void *b)
{
	const struct alck_merged *x = a, *y = b;

	if (!x->rule != !y->rule)
		return x->rule ? 1 : -1;
	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void alck_merge_finish(struct alck_merge *m)
{
	if (m->count) {
		qsort(m->rows, m->count, sizeof(*m->rows), by_severity);
		memset(m->slots, 0, m->nslots * sizeof(*m->slots));
		for (size_t i = 0; i < m->count; i++)
			*slot_of(m, m->rows[i].signature) = (uint32_t)i + 1;
	}
}

size_t alck_merge_count(const struct alck_merge *m)
{
	return m->count;
}

struct alck_merged *alck_merge_at(const struct alck_merge *m, size_t index)
{
	return &m->rows[index];
}

size_t alck_merge_index(const struct alck_merge *m,
			const struct alck_merged *row)
{
	return (size_t)(row - m->rows);
}

int alck_merged_is_open(const struct alck_merged *row)
{
	return !row->rule;
}

const struct alck_merged *alck_merge_find(const struct alck_merge *m,
					  struct alck_signature signature)
{
	uint32_t slot = m->nslots ? *slot_of(m, signature) : 0;

	return slot ? &m->rows[slot - 1] : NULL;
}

const struct alck_merge_totals *alck_merge_totals(const struct alck_merge *m)
{
	return &m->totals;
}

/* ----------------------------------------------------------- shown again */

/* The report that is being shown. */
struct shown {
	size_t file; /* (size_t)-1: none */
	struct alck_report *report;
	struct alck_view view;
	size_t next; /* where the next finding is likely to be */
};

static void put_away(struct shown *s)
{
	if (s->report)
		alck_view_done(&s->view);
	alck_report_free(s->report);
	s->report = NULL;
	s->file = (size_t)-1;
}

static void open_again(const struct alck_merge *m, struct shown *s, size_t file)
{
	if (s->file == file)
		return;
	put_away(s);
	s->file = file;
	s->next = 0;
	s->report = m->files[file] ? alck_reader_read(m->files[file]) : NULL;
	if (s->report &&
	    alck_view_init(&s->view, s->report, m->settings.images)) {
		alck_report_free(s->report);
		s->report = NULL;
	}
}

/* The finding with ID; they are mostly asked for in their own order. */
static const struct alck_report_finding *finding_of(struct shown *s,
						    uint64_t id)
{
	const struct alck_report *r = s->report;

	for (size_t n = 0; r && n < r->nfindings; n++) {
		size_t i = (s->next + n) % r->nfindings;

		if (r->findings[i].id.value == id) {
			s->next = i + 1;
			return &r->findings[i];
		}
	}
	return NULL;
}

void alck_merge_each(const struct alck_merge *m,
		     int (*wanted)(const struct alck_merged *merged),
		     int (*visit)(void *data, struct alck_view *view,
				  const struct alck_report_finding *finding,
				  const struct alck_merged *merged),
		     void *data)
{
	struct shown shown = {.file = (size_t)-1};
	const struct alck_report_finding *finding;
	struct alck_progress progress;
	int stop = 0;

	alck_progress_begin(&progress, "naming functions", m->count);
	/* What is shown on the same terminal is progress enough. */
	progress.on = progress.on && !m->settings.to_terminal;
	for (size_t i = 0; i < m->count && !stop; i++) {
		const struct alck_merged *row = &m->rows[i];

		if (!wanted(row))
			continue;
		alck_progress_step(&progress, i);
		open_again(m, &shown, row->file);
		finding = finding_of(&shown, row->id);
		if (finding)
			stop = visit(data, &shown.view, finding, row);
	}
	put_away(&shown);
	alck_progress_end(&progress);
}
