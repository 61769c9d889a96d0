/* SPDX-License-Identifier: MIT */
/* Reports as an HTML page: see render-html.h.  Offline. */
#include <config.h>
#include "report/render-html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/date.h"
#include "report/html-cards.h"

#define PROCESSES 8    /* with pictures */
#define CRASHES	  8    /* in full */
#define ROWS	  1000 /* of the table of processes */
#define PROBLEMS  50

struct page {
	struct alck_arena arena; /* texts of the first report */
	struct alck_palette palette;
	struct alck_cards *cards;
	uint64_t suppressed;
	size_t reports, affected, shown, crashes;
	uint64_t first, last; /* started, or seen */
	/* Of the first report, for a page of one. */
	const char *title, *pid, *libc, *ended, *tool, *command;
	/* HTML of the processes, and their rows. */
	FILE *pictures, *rows, *problems, *deaths;
	char *pictures_text, *rows_text, *problems_text, *deaths_text;
	size_t pictures_len, rows_len, problems_len, deaths_len;
	size_t nproblems;
};

static const char *keep(struct page *page, const char *text)
{
	return text ? alck_arena_text(&page->arena, text, strlen(text)) : NULL;
}

static void finish(struct page *page)
{
	FILE *streams[] = {page->pictures, page->rows, page->problems,
			   page->deaths};

	for (int i = 0; i < 4; i++)
		if (streams[i])
			fclose(streams[i]);
	page->pictures = page->rows = page->problems = page->deaths = NULL;
}

static void let_go(struct page *page)
{
	finish(page);
	alck_cards_free(page->cards);
	free(page->pictures_text);
	free(page->rows_text);
	free(page->problems_text);
	free(page->deaths_text);
	alck_arena_free(&page->arena);
	free(page);
}

int alck_html_begin(struct alck_rendering *rendering)
{
	struct page *page = calloc(1, sizeof(*page));

	if (!page)
		return -1;
	page->pictures =
		open_memstream(&page->pictures_text, &page->pictures_len);
	page->rows = open_memstream(&page->rows_text, &page->rows_len);
	page->problems =
		open_memstream(&page->problems_text, &page->problems_len);
	page->deaths = open_memstream(&page->deaths_text, &page->deaths_len);
	page->cards = alck_cards_new();
	if (!page->pictures || !page->rows || !page->problems ||
	    !page->deaths || !page->cards) {
		let_go(page);
		return -1;
	}
	rendering->state = page;
	return 0;
}

/* The numbers of the cards of one report's findings, for its timeline. */
struct numbers {
	size_t *card;
};

static size_t number_of(void *data, size_t finding)
{
	const struct numbers *numbers = data;

	return numbers->card ? numbers->card[finding] : 0;
}

/* ------------------------------------------------------------------ processes
 */

static const char *ending(struct alck_html *html)
{
	const struct alck_report_end *end = &html->view->report->end;

	if (!end->ended || !end->status.set)
		return end->ended ? end->ended : "not known";
	return alck_html_text(html, "%s %" PRIu64,
			      strcmp(end->ended, "exit") ? end->ended
							 : "exit status",
			      end->status.value);
}

static const char *command_line(struct alck_html *html)
{
	const struct alck_report_process *p = &html->view->report->process;
	const char *text = "";

	/* A long one is no reading. */
	for (size_t i = 0; i < p->nargs && strlen(text) < 2000; i++)
		text = alck_html_text(html, "%s%s%.2000s", text, i ? " " : "",
				      p->args[i]);
	return text;
}

static void note_first(struct page *page, struct alck_html *html)
{
	const struct alck_report *r = html->view->report;
	const struct alck_report_process *p = &r->process;
	const char *exe = alck_report_base_name(p->exe);

	page->title = keep(page, *exe ? exe : "an unnamed program");
	page->pid = keep(page, alck_html_text(html, "%" PRIu64, p->pid.value));
	page->libc = keep(page, p->libc);
	page->ended = keep(page, ending(html));
	page->tool = keep(page, p->tool);
	page->command = keep(page, command_line(html));
}

static void add_row(struct page *page, struct alck_html *html,
		    const uint64_t times[3])
{
	const struct alck_report *r = html->view->report;

	alck_page_put(page->rows, "processes-row", "pid",
		      alck_html_text(html, "%" PRIu64, r->process.pid.value),
		      "program", r->process.exe, "errors",
		      alck_html_text(html, "%" PRIu64, times[0]), "latents",
		      alck_html_text(html, "%" PRIu64, times[1]), "infos",
		      alck_html_text(html, "%" PRIu64, times[2]), "ended",
		      ending(html), "path", r->path, NULL);
}

static void add_pictures(struct page *page, struct alck_html *html,
			 struct numbers *numbers)
{
	const struct alck_report_process *p = &html->view->report->process;

	alck_page_put(
		page->pictures,
		page->shown++ ? "process-open-closed" : "process-open", "name",
		alck_html_text(html, "%s, process %" PRIu64,
			       alck_report_base_name(p->exe), p->pid.value),
		NULL);
	html->out = page->pictures;
	alck_html_map(html);
	alck_html_timeline(html, number_of, numbers);
	alck_html_rest(html);
	alck_page_put(page->pictures, "process-close", NULL);
}

static void add_crash(struct page *page, struct alck_html *html)
{
	if (!html->view->report->crash.set || page->crashes++ >= CRASHES)
		return;
	html->out = page->deaths;
	alck_html_crash(html);
}

/* From NS nanoseconds after 1970 on, or up to there. */
static void note_time(struct page *page, uint64_t ns)
{
	if (ns && (!page->first || ns < page->first))
		page->first = ns;
	if (ns > page->last)
		page->last = ns;
}

static void add_problem(struct page *page, const char *text)
{
	if (page->nproblems++ < PROBLEMS)
		alck_page_put(page->problems, "list-row", "text", text, NULL);
}

void alck_html_report(struct alck_rendering *rendering, struct alck_view *view)
{
	struct page *page = rendering->state;
	const struct alck_report *r = view->report;
	struct alck_html html = {.view = view, .palette = &page->palette};
	struct numbers numbers = {alck_arena_alloc(
		&view->arena, (r->nfindings + 1) * sizeof(size_t))};
	const char *const *notes;
	uint64_t times[3] = {0, 0, 0};
	size_t nnotes, number;

	for (size_t i = 0; i < r->nproblems; i++)
		add_problem(page, r->problems[i]);
	if (!r->nrecords)
		return;
	html.report = ++page->reports;
	if (html.report == 1)
		note_first(page, &html);
	note_time(page, r->process.started.value);
	for (size_t i = 0; i < r->nfindings; i++) {
		if (r->findings[i].suppressed_by) {
			page->suppressed += r->findings[i].count.value;
			continue;
		}
		times[alck_view_severity(&r->findings[i])] +=
			r->findings[i].count.value;
		number = alck_cards_add(page->cards, &html, &r->findings[i],
					NULL);
		if (numbers.card)
			numbers.card[i] = number;
	}
	page->affected += times[0] || times[1];
	if (page->reports <= ROWS)
		add_row(page, &html, times);
	if (page->shown < PROCESSES &&
	    (times[0] || times[1] || page->reports == 1))
		add_pictures(page, &html, &numbers);
	add_crash(page, &html);
	nnotes = alck_symbolizer_notes(view->symbolizer, &notes);
	for (size_t i = 0; i < nnotes && page->reports <= PROCESSES; i++)
		add_problem(page, notes[i]);
}

void alck_html_merged(struct alck_rendering *rendering, struct alck_view *view,
		      const struct alck_report_finding *finding,
		      const struct alck_merged *merged)
{
	struct page *page = rendering->state;
	struct alck_html html = {.view = view, .palette = &page->palette};

	note_time(page, merged->first_seen);
	note_time(page, merged->last_seen);
	alck_cards_add(page->cards, &html, finding, merged);
}

/* ------------------------------------------------------------------- the page
 */

static void put_tile(FILE *out, const char *severity, uint64_t n,
		     const char *what, const char *more)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRIu64, n);
	alck_page_put(out, "tile", "severity", severity, "number", number,
		      "what", what, "more", more, NULL);
}

/* Of what was merged the totals say more than the page has been shown. */
static void take_totals(struct page *page,
			const struct alck_merge_totals *totals)
{
	page->suppressed = totals->suppressed;
	page->reports = totals->processes;
	page->affected = totals->affected;
}

static void put_tiles(FILE *out, const struct page *page, int one_process)
{
	static const char *const one[] = {"error", "latent fault", "note"};
	static const char *const many[] = {"errors", "latent faults", "notes"};
	static const char *const severity[] = {"error", "latent", "info"};
	const struct alck_cards_totals *totals = alck_cards_totals(page->cards);
	char more[64];

	alck_page_put(out, "tiles-open", NULL);
	for (int i = 0; i < 3; i++) {
		snprintf(more, sizeof(more), "%zu different",
			 totals->distinct[i]);
		put_tile(out, totals->times[i] ? severity[i] : "",
			 totals->times[i],
			 totals->times[i] == 1 ? one[i] : many[i],
			 totals->times[i] ? more : "none");
	}
	if (page->suppressed)
		put_tile(out, "", page->suppressed, "suppressed",
			 "by rules of yours");
	if (totals->gone)
		put_tile(out, "", totals->gone, "gone",
			 "not in the new reports");
	if (!one_process) {
		snprintf(more, sizeof(more), "%zu with a fault",
			 page->affected);
		put_tile(out, "", page->reports, "processes", more);
	}
	alck_page_put(out, "tiles-close", NULL);
}

/* NS nanoseconds after 1970, for people: "2026-11-21 11:17:27 UTC". */
static const char *date(char text[ALCK_DATE_TEXT + 8], uint64_t ns)
{
	char *z;

	if (!ns)
		return "at a time not known";
	alck_date_format(ns, 0, text);
	text[strcspn(text, "T")] = ' ';
	z = strchr(text, 'Z');
	if (z)
		strcpy(z, " UTC");
	return text;
}

static void put_head(FILE *out, const struct page *page, enum alck_shows shows)
{
	char first_text[ALCK_DATE_TEXT + 8], last_text[ALCK_DATE_TEXT + 8];
	const char *first = date(first_text, page->first);
	const char *last = date(last_text, page->last);
	char title[64];

	if (shows == ALCK_SHOWS_CHANGES)
		alck_page_put(out, "head", "title", "What has changed", NULL);
	if (shows != ALCK_SHOWS_CHANGES && page->reports == 1 && page->title) {
		alck_page_put(out, "head", "title", page->title, NULL);
		alck_page_put(out, "head-process", "pid", page->pid, "libc",
			      page->libc, "started", first, "ended",
			      page->ended, "tool", page->tool, "command",
			      page->command, NULL);
		return;
	}
	snprintf(title, sizeof(title), "%zu process%s", page->reports,
		 page->reports == 1 ? "" : "es");
	if (shows != ALCK_SHOWS_CHANGES)
		alck_page_put(out, "head", "title", title, NULL);
	if (page->reports && page->first)
		alck_page_put(out, "head-many", "what",
			      shows == ALCK_SHOWS_REPORTS ? "started" : "seen",
			      "first", first, "last", last, NULL);
}

static const char *nothing(const struct page *page, enum alck_shows shows)
{
	if (!page->reports)
		return "There is no report here.";
	if (shows == ALCK_SHOWS_CHANGES)
		return "Nothing new, and nothing gone.";
	return page->suppressed ? "Nothing found but what is suppressed."
				: "Nothing found.";
}

static void put_findings(FILE *out, const struct page *page,
			 enum alck_shows shows)
{
	const struct alck_cards_totals *totals = alck_cards_totals(page->cards);
	char text[128];

	if (page->deaths_len) {
		alck_page_put(out, "findings-title", "text", "The end", NULL);
		fwrite(page->deaths_text, 1, page->deaths_len, out);
	}
	if (!totals->distinct[0] && !totals->distinct[1] &&
	    !totals->distinct[2] && !totals->gone) {
		alck_page_put(out, "clean", "text", nothing(page, shows), NULL);
		return;
	}
	alck_page_put(out, "findings-title", "text", "Findings, by cause",
		      NULL);
	alck_cards_put(page->cards, out);
	alck_page_put(out, "nothing-left", NULL);
	if (totals->without_card) {
		snprintf(text, sizeof(text),
			 "%" PRIu64
			 " findings past the first %d different ones "
			 "are counted above and not shown.",
			 totals->without_card, ALCK_CARDS_MAX);
		alck_page_put(out, "more", "text", text, NULL);
	}
}

static void put_processes(FILE *out, const struct page *page)
{
	char text[128];

	if (!page->rows_len)
		return;
	alck_page_put(out, "processes-title", "text",
		      page->reports == 1 ? "The process" : "The processes",
		      NULL);
	if (page->reports > 1) {
		alck_page_put(out, "panel-open", NULL);
		snprintf(text, sizeof(text), "All processes (%zu)",
			 page->reports);
		alck_page_put(out, "table-open", "summary", text, NULL);
		alck_page_put(out, "processes-head", NULL);
		fwrite(page->rows_text, 1, page->rows_len, out);
		alck_page_put(out, "table-close", NULL);
		if (page->reports > ROWS)
			alck_page_put(out, "part-note", "text",
				      "The table has the first ones only.",
				      NULL);
		alck_page_put(out, "panel-close", NULL);
	}
	fwrite(page->pictures_text, 1, page->pictures_len, out);
	if (page->affected > page->shown)
		alck_page_put(out, "more", "text",
			      "Of the other processes with findings there are "
			      "no pictures here: make a page of their reports "
			      "alone.",
			      NULL);
}

void alck_html_end(struct alck_rendering *rendering)
{
	struct page *page = rendering->state;
	FILE *out = rendering->out;

	finish(page);
	if (rendering->shows != ALCK_SHOWS_REPORTS)
		take_totals(page, &rendering->totals);
	put_head(out, page, rendering->shows);
	put_tiles(out, page,
		  rendering->shows == ALCK_SHOWS_REPORTS && page->reports == 1);
	put_findings(out, page, rendering->shows);
	put_processes(out, page);
	if (page->nproblems) {
		alck_page_put(out, "findings-title", "text",
			      "About the reports", NULL);
		alck_page_put(out, "panel-open", NULL);
		alck_page_put(out, "list-open", NULL);
		fwrite(page->problems_text, 1, page->problems_len, out);
		alck_page_put(out, "list-close", NULL);
		alck_page_put(out, "panel-close", NULL);
	}
	alck_page_put(out, "foot", "version", PACKAGE_VERSION, NULL);
	let_go(page);
}
