/* SPDX-License-Identifier: MIT */
/*
 * The timeline of the HTML page: a lane for each thread, a mark for each
 * event.  What happens comes in bursts with long waits between, so the axis is
 * bent: the longer nothing happens, the less a second counts.  See html.h.
 * Offline.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/crash.h"
#include "report/html.h"

#define LANES  14
#define MARKS  20000 /* events and findings that are looked at */
#define ROWS   400   /* of the table */
#define TITLES 12    /* of the events that one mark stands for */

/* Where things stand in the picture. */
#define LEFT	    132
#define RIGHT	    1128
#define TOP	    10
#define LANE	    36
#define LANE_STEP   42
#define TICK_APART  92
#define MARKS_APART 15

/* The kinds that have a mark of their own, and the legend's words. */
static const struct {
	const char *kind, *words;
} kinds[] = {
	{"finding", "finding"},	   {"load", "object loaded"},
	{"unload", "unloaded"},	   {"provider", "allocator appears"},
	{"hook", "malloc hook"},   {"satellite", "allocator's own function"},
	{"fork", "fork, clone"},   {"exec", "exec"},
	{"crash", "fatal signal"}, {"other", "other"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct mark {
	uint64_t time;
	struct alck_number thread;
	unsigned int kind;
	const char *text;
	size_t card; /* of a finding: its number on the page */
	int x;
};

struct timeline {
	struct alck_html *html;
	const struct alck_report *report;
	struct mark *marks;
	size_t nmarks, left_out;
	struct alck_number lanes[LANES]; /* their threads; unset: nobody's */
	size_t nlanes;
	int crowded; /* the last lane is for all other threads */
	size_t count[KINDS];
};

static unsigned int kind_of(const char *kind)
{
	unsigned int i = 0;

	while (i < KINDS - 1 && (!kind || strcmp(kinds[i].kind, kind) != 0))
		i++;
	return i;
}

static struct mark *add(struct timeline *t, struct alck_number time,
			struct alck_number thread, const char *kind)
{
	struct mark *mark;

	if (t->nmarks == MARKS) {
		t->left_out++;
		return NULL;
	}
	mark = &t->marks[t->nmarks++];
	mark->time = time.value;
	mark->thread = thread;
	mark->kind = kind_of(kind);
	t->count[mark->kind]++;
	return mark;
}

static int by_time(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* The findings as the report has them; the events of that kind say less. */
static int read_marks(struct timeline *t,
		      size_t (*card)(void *data, size_t finding), void *data)
{
	const struct alck_report *r = t->report;
	size_t room = r->nevents + r->nfindings;
	struct mark *mark;

	if (room > MARKS)
		room = MARKS;
	t->marks = alck_arena_alloc(&t->html->view->arena,
				    (room + 1) * sizeof(*t->marks));
	if (!t->marks)
		return 0;
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct alck_report_finding *f = &r->findings[i];

		if (f->suppressed_by)
			continue;
		mark = add(t, f->time, f->thread, "finding");
		if (!mark)
			continue;
		mark->card = card(data, i);
		mark->text = alck_html_text(
			t->html, "%s %s: %s", f->code ? f->code : "",
			f->slug ? f->slug : "", f->api ? f->api : "");
	}
	for (size_t i = 0; i < r->nevents; i++) {
		const struct alck_report_event *e = &r->events[i];

		if (e->kind && !strcmp(e->kind, "finding"))
			continue;
		mark = add(t, e->time, e->thread, e->kind);
		if (mark)
			mark->text = e->message ? e->message
				     : e->path	? e->path
						: "";
	}
	mark = r->crash.set && r->crash.time.set
		       ? add(t, r->crash.time, r->crash.thread, "crash")
		       : NULL;
	if (mark)
		mark->text = alck_crash_headline(&t->html->view->arena, r);
	qsort(t->marks, t->nmarks, sizeof(*t->marks), by_time);
	return t->nmarks != 0;
}

/* log2, in sixteenths. */
static unsigned int bend(uint64_t n)
{
	unsigned int log = 63 - (unsigned int)__builtin_clzll(n | 1);
	uint64_t below = log >= 4 ? n >> (log - 4) & 15 : n << (4 - log) & 15;

	return 16 * log + (unsigned int)below;
}

/* How far two moments are apart, before all is made to fit. */
static uint64_t distance(uint64_t from, uint64_t to)
{
	return bend((to - from) / 10000 + 1);
}

static void place_marks(struct timeline *t)
{
	uint64_t all = 0, at = 0, before = 0;

	for (size_t i = 0; i < t->nmarks; i++) {
		all += distance(before, t->marks[i].time);
		before = t->marks[i].time;
	}
	before = 0;
	for (size_t i = 0; i < t->nmarks; i++) {
		at += distance(before, t->marks[i].time);
		before = t->marks[i].time;
		t->marks[i].x = LEFT;
		if (all)
			t->marks[i].x += (int)(at * (RIGHT - LEFT) / all);
	}
}

static size_t lane_of(struct timeline *t, struct alck_number thread)
{
	for (size_t i = 0; i < t->nlanes; i++)
		if (t->lanes[i].set == thread.set &&
		    t->lanes[i].value == thread.value)
			return i;
	if (t->nlanes == LANES) {
		t->crowded = 1;
		return LANES - 1;
	}
	t->lanes[t->nlanes] = thread;
	return t->nlanes++;
}

static const char *number(struct timeline *t, int n)
{
	return alck_html_text(t->html, "%d", n);
}

static void draw_lanes(struct timeline *t)
{
	for (size_t i = 0; i < t->nlanes; i++) {
		int y = TOP + LANE_STEP * (int)i;
		const char *name =
			t->crowded && i == LANES - 1 ? "other threads"
			: t->lanes[i].set
				? alck_html_text(t->html, "thread %" PRIu64,
						 t->lanes[i].value)
				: "the process";

		alck_page_put(t->html->out, "time-lane", "y", number(t, y),
			      "ty", number(t, y + LANE / 2 + 4), "name", name,
			      NULL);
	}
}

static void draw_ticks(struct timeline *t)
{
	int bottom = TOP + LANE_STEP * (int)t->nlanes;
	int last = 0;

	for (size_t i = 0; i < t->nmarks; i++) {
		const struct mark *m = &t->marks[i];

		if (m->x - last < TICK_APART)
			continue;
		last = m->x;
		alck_page_put(t->html->out, "time-tick", "x", number(t, m->x),
			      "bottom", number(t, bottom), "ty",
			      number(t, bottom + 14), "text",
			      alck_html_time(t->html, m->time), NULL);
	}
}

static const char *titles(struct timeline *t, size_t first, size_t lane,
			  size_t count)
{
	const struct mark *m = &t->marks[first];
	const char *text = "";
	size_t shown = 0;

	for (size_t i = first; i < t->nmarks && shown < count; i++) {
		const struct mark *other = &t->marks[i];

		if (other->kind != m->kind || lane_of(t, other->thread) != lane)
			continue;
		if (shown++ == TITLES)
			return alck_html_text(t->html, "%s\nand %zu more", text,
					      count - TITLES);
		text = alck_html_text(
			t->html, "%s%s%s  %s", text, *text ? "\n" : "",
			alck_html_time(t->html, other->time), other->text);
	}
	return text;
}

/* The mark for the COUNT events of one kind and lane that begin at FIRST. */
static void draw_mark(struct timeline *t, size_t first, size_t lane,
		      size_t count)
{
	const struct mark *m = &t->marks[first];
	int y = TOP + LANE_STEP * (int)lane + LANE / 2 + 3;
	const char *title = titles(t, first, lane, count);
	FILE *out = t->html->out;

	if (m->card)
		alck_page_put(out, "time-finding", "n",
			      alck_html_text(t->html, "%zu", m->card), "title",
			      title, "x", number(t, m->x), "y", number(t, y),
			      NULL);
	else
		alck_page_put(out, "time-event", "kind", kinds[m->kind].kind,
			      "title", title, "x", number(t, m->x), "y",
			      number(t, y), NULL);
	if (count > 1)
		alck_page_put(out, "time-many", "x", number(t, m->x + 3), "y",
			      number(t, y - 8), "text",
			      alck_html_text(t->html, "%zu", count), NULL);
}

/* Marks that would cover each other become one with their number. */
static void draw_marks(struct timeline *t)
{
	struct {
		size_t first, count;
	} open[LANES][KINDS] = {{{0, 0}}};

	for (size_t i = 0; i < t->nmarks; i++) {
		const struct mark *m = &t->marks[i];
		size_t lane = lane_of(t, m->thread);
		size_t *first = &open[lane][m->kind].first;
		size_t *count = &open[lane][m->kind].count;

		if (*count && m->x - t->marks[*first].x < MARKS_APART) {
			(*count)++;
			continue;
		}
		if (*count)
			draw_mark(t, *first, lane, *count);
		*first = i;
		*count = 1;
	}
	for (size_t lane = 0; lane < t->nlanes; lane++)
		for (size_t k = KINDS; k-- > 0;)
			if (open[lane][k].count)
				draw_mark(t, open[lane][k].first, lane,
					  open[lane][k].count);
}

static void put_legend(struct timeline *t)
{
	alck_page_put(t->html->out, "legend-open", NULL);
	for (size_t k = 0; k < KINDS; k++)
		if (t->count[k])
			alck_page_put(t->html->out, "legend-row", "kind",
				      kinds[k].kind, "text", kinds[k].words,
				      NULL);
	alck_page_put(t->html->out, "legend-close", NULL);
}

static void put_table(struct timeline *t)
{
	FILE *out = t->html->out;

	alck_page_put(
		out, "table-open", "summary",
		alck_html_text(t->html, "As a table (%zu events)", t->nmarks),
		NULL);
	alck_page_put(out, "time-head", NULL);
	for (size_t i = 0; i < t->nmarks && i < ROWS; i++) {
		const struct mark *m = &t->marks[i];

		alck_page_put(
			out, "time-row", "time",
			alck_html_time(t->html, m->time), "thread",
			m->thread.set ? alck_html_text(t->html, "%" PRIu64,
						       m->thread.value)
				      : "",
			"kind", kinds[m->kind].kind, "text", m->text, NULL);
	}
	alck_page_put(out, "table-close", NULL);
	if (t->nmarks + t->left_out > ROWS)
		alck_page_put(out, "part-note", "text",
			      alck_html_text(t->html,
					     "The table has the first %d; "
					     "--format=json has all.",
					     ROWS),
			      NULL);
}

void alck_html_timeline(struct alck_html *html,
			size_t (*card)(void *data, size_t finding), void *data)
{
	struct timeline *t = alck_arena_alloc(&html->view->arena, sizeof(*t));
	const char *label = "What happened when (long waits are shortened)";

	if (!t)
		return;
	t->html = html;
	t->report = html->view->report;
	if (!read_marks(t, card, data))
		return;
	place_marks(t);
	for (size_t i = 0; i < t->nmarks; i++)
		lane_of(t, t->marks[i].thread);
	alck_page_put(html->out, "part-open", "title", label, NULL);
	alck_page_put(html->out, "time-open", "label", label, "height",
		      number(t, TOP + LANE_STEP * (int)t->nlanes + 24), NULL);
	draw_lanes(t);
	draw_ticks(t);
	draw_marks(t);
	alck_page_put(html->out, "time-close", NULL);
	put_legend(t);
	put_table(t);
	alck_page_put(html->out, "part-close", NULL);
}
