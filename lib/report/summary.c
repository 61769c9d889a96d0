/* SPDX-License-Identifier: MIT */
/*
 * The reports of one run together: see summary.h.  Offline.
 *
 * A run may leave thousands of reports, so each is read, boiled down to one
 * key a finding, and let go; those that are shown are read again.
 */
#include <config.h>
#include "report/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/reader.h"
#include "report/render-text.h"
#include "report/utf8.h"

#define PIDS_SHOWN 8

/* One finding of one process. */
struct entry {
	char *key; /* the same for the same finding */
	size_t file, order;
	uint64_t id, pid, count;
	enum alck_severity severity;
};

/* Those with one key. */
struct group {
	const struct entry *first;
	size_t entries;
	uint64_t count;
};

struct run {
	char **files;
	size_t nfiles;
	struct entry *entries;
	size_t nentries, room;
	struct group *groups;
	size_t ngroups;
	char *problems; /* as text */
	size_t problems_len;
	struct alck_summary sum;
};

static void key_party(FILE *key, const struct alck_report *r,
		      struct alck_number id)
{
	const struct alck_report_provider *p = alck_report_provider(r, id);

	fprintf(key, "|%s,%s", p && p->family ? p->family : "",
		alck_report_base_name(alck_report_provider_path(r, p)));
}

static void key_stack(FILE *key, const struct alck_report *r,
		      const struct alck_words *stack, uint64_t time)
{
	fputc('|', key);
	for (size_t i = 0; i < stack->count; i++) {
		uint64_t pc = stack->value[i];
		const struct alck_report_module *m =
			alck_report_module_at(r, pc - 1, time);

		/* Outside of modules addresses differ from run to run. */
		if (m)
			fprintf(key, "%s+%" PRIx64 " ",
				alck_report_base_name(
					alck_report_module_path(r, m)),
				pc - m->bias.value);
		else
			fputs("? ", key);
	}
}

static char *key_of(const struct alck_report *r,
		    const struct alck_report_finding *f)
{
	uint64_t time = f->time.set ? f->time.value : UINT64_MAX;
	char *text = NULL;
	size_t len;
	FILE *key = open_memstream(&text, &len);

	if (!key)
		return NULL;
	fprintf(key, "%s|%s|%s|%s", f->code ? f->code : "",
		f->verdict ? f->verdict : "", f->api ? f->api : "",
		f->alloc_api ? f->alloc_api : "");
	key_party(key, r, f->owner);
	key_party(key, r, f->freer);
	key_stack(key, r, &f->stack, time);
	key_stack(key, r, &f->alloc_stack, time);
	if (fclose(key)) {
		free(text);
		return NULL;
	}
	return text;
}

static int add_entry(struct run *run, const struct alck_report *r,
		     const struct alck_report_finding *f, size_t file)
{
	struct entry *entry;

	if (run->nentries == run->room) {
		size_t room = run->room ? 2 * run->room : 64;

		entry = reallocarray(run->entries, room, sizeof(*entry));
		if (!entry)
			return -1;
		run->entries = entry;
		run->room = room;
	}
	entry = &run->entries[run->nentries];
	entry->key = key_of(r, f);
	if (!entry->key)
		return -1;
	entry->file = file;
	entry->order = run->nentries++;
	entry->id = f->id.value;
	entry->pid = r->process.pid.value;
	entry->count = f->count.value;
	entry->severity = alck_view_severity(f);
	return 0;
}

static int read_file(struct run *run, size_t file, FILE *problems)
{
	struct alck_report *r = alck_reader_read(run->files[file]);
	int affected = 0, failed = 0;

	if (!r)
		return -1;
	for (size_t i = 0; i < r->nproblems; i++) {
		fputs("alloccheck: ", problems);
		alck_utf8_print(problems, r->problems[i]);
		fputc('\n', problems);
	}
	run->sum.problems += r->nproblems != 0;
	run->sum.processes += r->nrecords != 0;
	for (size_t i = 0; i < r->nfindings && !failed; i++) {
		failed = add_entry(run, r, &r->findings[i], file);
		affected |= alck_view_severity(&r->findings[i]) !=
			    ALCK_SEVERITY_INFO;
	}
	run->sum.affected += (unsigned int)affected;
	alck_report_free(r);
	return failed;
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	if (order)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int by_severity(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->first->severity != y->first->severity)
		return x->first->severity < y->first->severity ? -1 : 1;
	return x->first->order < y->first->order
		       ? -1
		       : x->first->order > y->first->order;
}

static void count_group(struct alck_summary *sum, const struct group *g)
{
	switch (g->first->severity) {
	case ALCK_SEVERITY_ERROR:
		sum->errors += g->count;
		sum->distinct_errors++;
		break;
	case ALCK_SEVERITY_LATENT:
		sum->latents += g->count;
		sum->distinct_latents++;
		break;
	case ALCK_SEVERITY_INFO:
		sum->infos += g->count;
		sum->distinct_infos++;
		break;
	}
}

static int make_groups(struct run *run)
{
	struct group *g = NULL;

	if (!run->nentries)
		return 0;
	qsort(run->entries, run->nentries, sizeof(*run->entries), by_key);
	run->groups = calloc(run->nentries, sizeof(*run->groups));
	if (!run->groups)
		return -1;
	for (size_t i = 0; i < run->nentries; i++) {
		const struct entry *entry = &run->entries[i];

		if (!g || strcmp(g->first->key, entry->key)) {
			g = &run->groups[run->ngroups++];
			g->first = entry;
		}
		g->entries++;
		g->count += entry->count;
	}
	for (size_t i = 0; i < run->ngroups; i++)
		count_group(&run->sum, &run->groups[i]);
	qsort(run->groups, run->ngroups, sizeof(*run->groups), by_severity);
	return 0;
}

static void show_group(const struct alck_text_style *style,
		       const struct group *g, struct alck_view *view)
{
	uint64_t last = 0;
	size_t shown = 0, pids = 0;
	const struct alck_report *r = view->report;

	for (size_t i = 0; i < r->nfindings; i++)
		if (r->findings[i].id.value == g->first->id)
			alck_render_text_finding(style, view, &r->findings[i]);
	fprintf(style->out, "  in process");
	for (size_t i = 0; i < g->entries; i++) {
		/* Entries of a group stand together, by file. */
		const struct entry *entry = g->first + i;

		if (i && entry->pid == last)
			continue;
		last = entry->pid;
		if (pids++ < PIDS_SHOWN) {
			fprintf(style->out, "%s %" PRIu64, shown ? "," : "",
				entry->pid);
			shown++;
		}
	}
	if (pids > shown)
		fprintf(style->out, " and %zu more", pids - shown);
	if (g->entries > 1)
		fprintf(style->out, ", %" PRIu64 " times in all", g->count);
	fputs("\n\n", style->out);
}

static void show(struct run *run, const struct alck_text_style *style,
		 size_t max)
{
	struct alck_report *report = NULL;
	size_t open = (size_t)-1;
	struct alck_view view;

	for (size_t i = 0; i < run->ngroups && i < max; i++) {
		const struct group *g = &run->groups[i];

		if (g->first->file != open) {
			if (report)
				alck_view_done(&view);
			alck_report_free(report);
			open = g->first->file;
			report = alck_reader_read(run->files[open]);
			if (report && alck_view_init(&view, report, NULL)) {
				alck_report_free(report);
				report = NULL;
			}
		}
		if (report)
			show_group(style, g, &view);
	}
	if (report)
		alck_view_done(&view);
	alck_report_free(report);
	if (run->ngroups > max)
		fprintf(style->out, "and %zu more, see alloccheck report\n\n",
			run->ngroups - max);
}

static void part(FILE *out, const char **comma, unsigned long long times,
		 unsigned int distinct, const char *one, const char *many)
{
	if (!times)
		return;
	fprintf(out, "%s%llu %s", *comma, times, times == 1 ? one : many);
	if (distinct != times)
		fprintf(out, " (%u distinct)", distinct);
	*comma = ", ";
}

static void last_line(const struct run *run, const char *path, FILE *out)
{
	const struct alck_summary *s = &run->sum;
	const char *comma = "";
	struct stat st;

	fputs("alloccheck: ", out);
	part(out, &comma, s->errors, s->distinct_errors, "error", "errors");
	part(out, &comma, s->latents, s->distinct_latents, "latent", "latent");
	part(out, &comma, s->infos, s->distinct_infos, "note", "notes");
	if (!*comma)
		fputs("nothing found", out);
	if (s->errors || s->latents)
		fprintf(out, " in %u of %u process%s", s->affected,
			s->processes, s->processes == 1 ? "" : "es");
	else if (s->processes)
		fprintf(out, " in %u process%s", s->processes,
			s->processes == 1 ? "" : "es");
	if (run->nfiles)
		fprintf(out, "; report%s in %s",
			!stat(path, &st) && S_ISDIR(st.st_mode) ? "s" : "",
			path);
	fputc('\n', out);
}

static void free_run(struct run *run)
{
	alck_reader_list_free(run->files, run->nfiles);
	for (size_t i = 0; i < run->nentries; i++)
		free(run->entries[i].key);
	free(run->entries);
	free(run->groups);
	free(run->problems);
}

/* Takes the reports of earlier runs off the list. */
static void keep_since(struct run *run, const struct timespec *since)
{
	size_t kept = 0;
	struct stat st;

	for (size_t i = 0; i < run->nfiles; i++) {
		char *name = run->files[i];

		if (!stat(name, &st) && (st.st_mtim.tv_sec < since->tv_sec ||
					 (st.st_mtim.tv_sec == since->tv_sec &&
					  st.st_mtim.tv_nsec < since->tv_nsec)))
			free(name);
		else
			run->files[kept++] = name;
	}
	run->nfiles = kept;
}

int alck_report_summary(const char *path, const struct timespec *since,
			FILE *out, int max_findings,
			struct alck_summary *summary)
{
	struct alck_text_style style = {.out = out};
	struct run run = {.files = NULL};
	FILE *problems;
	int failed, error;

	if (alck_reader_list(path, &run.files, &run.nfiles))
		return -1;
	if (since)
		keep_since(&run, since);
	problems = open_memstream(&run.problems, &run.problems_len);
	failed = !problems;
	for (size_t i = 0; i < run.nfiles && !failed; i++)
		failed = read_file(&run, i, problems);
	if (problems && fclose(problems))
		failed = 1;
	failed = failed || make_groups(&run);
	if (failed) {
		error = errno;
		free_run(&run);
		errno = error;
		return -1;
	}
	style.colour = alck_text_colour(out, ALCK_COLOUR_AUTO);
	show(&run, &style,
	     max_findings < 0 ? (size_t)-1 : (size_t)max_findings);
	fputs(run.problems, out);
	last_line(&run, path, out);
	if (summary)
		*summary = run.sum;
	free_run(&run);
	return 0;
}
