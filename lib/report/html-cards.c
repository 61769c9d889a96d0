/* SPDX-License-Identifier: MIT */
/* Findings as cards, by cause: see html-cards.h.  Offline. */
#include "report/html-cards.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/date.h"
#include "report/demangle.h"
#include "report/signature.h"

#define CARDS ALCK_CARDS_MAX
#define SLOTS 1024 /* to look them up; a power of two above CARDS */

/* A distinct finding: what it looks like, and how often it was met. */
struct card {
	struct alck_signature signature;
	size_t cause, reports, last_report;
	uint64_t times;
	enum alck_change change;
	const char *headline, *where;
	char *body; /* HTML */
	size_t body_len;
};

/* Findings that have one reason and one remedy. */
struct cause {
	const char *key;
	enum alck_severity severity;
	uint64_t times;
	size_t cards;
	const char *severity_name, *code, *slug, *via, *why, *advice;
	const char *owner, *owner_colour, *freer, *freer_colour;
};

struct alck_cards {
	struct alck_arena arena; /* texts of cards and causes */
	struct card cards[CARDS];
	uint16_t slots[SLOTS]; /* number of a card, by signature */
	size_t ncards;
	struct cause causes[CARDS];
	size_t ncauses;
	struct alck_cards_totals totals;
};

struct alck_cards *alck_cards_new(void)
{
	return calloc(1, sizeof(struct alck_cards));
}

void alck_cards_free(struct alck_cards *cards)
{
	for (size_t i = 0; cards && i < cards->ncards; i++)
		free(cards->cards[i].body);
	if (cards)
		alck_arena_free(&cards->arena);
	free(cards);
}

static const char *keep(struct alck_cards *cards, const char *text)
{
	return text ? alck_arena_text(&cards->arena, text, strlen(text)) : NULL;
}

/* The card with SIGNATURE, a new one (whose BODY is NULL), or NULL where there
 * is no room for one. */
static struct card *card_of(struct alck_cards *cards,
			    struct alck_signature signature)
{
	size_t i = signature.low % SLOTS;
	struct card *card;

	for (; cards->slots[i]; i = (i + 1) % SLOTS) {
		card = &cards->cards[cards->slots[i] - 1];
		if (alck_signature_equal(card->signature, signature))
			return card;
	}
	if (cards->ncards == CARDS)
		return NULL;
	card = &cards->cards[cards->ncards++];
	cards->slots[i] = (uint16_t)cards->ncards;
	card->signature = signature;
	return card;
}

static const char *party(struct alck_html *html, struct alck_number id)
{
	const struct alck_report *r = html->view->report;

	return alck_explain_provider(&html->view->arena, r,
				     alck_report_provider(r, id));
}

static const char *party_colour(struct alck_html *html, struct alck_number id)
{
	const struct alck_report_provider *p =
		alck_report_provider(html->view->report, id);

	return alck_html_colour(html->palette, p ? p->family : NULL);
}

/* "by libtinfo.so.6, to": the object at fault stands between owner and
 * freer. */
static const char *by_way_of(struct alck_html *html,
			     const struct alck_report_finding *f)
{
	const struct alck_report *r = html->view->report;
	const struct alck_report_module *m = alck_report_module(r, f->object);

	if (!f->owner.set || !f->freer.set)
		return "";
	if (!m)
		return "block given to";
	return alck_html_text(
		html, "block given by %s%s to",
		alck_report_base_name(alck_report_module_path(r, m)),
		m->deep_bound.value ? " (RTLD_DEEPBIND)" : "");
}

static size_t cause_of(struct alck_cards *cards, struct alck_html *html,
		       const struct alck_finding_view *v)
{
	const struct alck_report_finding *f = v->finding;
	const char *owner = f->owner.set ? party(html, f->owner) : "";
	const char *freer = f->freer.set ? party(html, f->freer) : "";
	const char *via = by_way_of(html, f);
	const char *key =
		alck_html_text(html, "%s\n%s\n%s\n%s\n%s", v->words.code,
			       v->words.severity_name, owner, freer, via);
	struct cause *cause;

	for (size_t i = 0; i < cards->ncauses; i++)
		if (!strcmp(cards->causes[i].key, key))
			return i;
	cause = &cards->causes[cards->ncauses];
	cause->key = keep(cards, key);
	if (!cause->key)
		return CARDS;
	cause->severity = v->words.severity;
	cause->severity_name = keep(cards, v->words.severity_name);
	cause->code = keep(cards, v->words.code);
	cause->slug = keep(cards, v->words.slug);
	cause->via = keep(cards, via);
	cause->why = keep(cards, v->words.why);
	cause->advice = keep(cards, v->words.advice);
	cause->owner = keep(cards, owner);
	cause->freer = keep(cards, freer);
	cause->owner_colour = party_colour(html, f->owner);
	cause->freer_colour = party_colour(html, f->freer);
	return cards->ncauses++;
}

/* "thread 2, 1.20 ms", or when it was seen. */
static const char *where_of(struct alck_html *html,
			    const struct alck_report_finding *f,
			    const struct alck_merged *merged)
{
	char first[ALCK_DATE_TEXT], last[ALCK_DATE_TEXT];
	const char *thread = "";

	if (merged && !merged->first_seen)
		return "";
	if (merged && merged->first_seen == merged->last_seen)
		return alck_html_text(
			html, "seen %s",
			alck_date_format(merged->first_seen, 0, first));
	if (merged)
		return alck_html_text(
			html, "%s to %s",
			alck_date_format(merged->first_seen, 0, first),
			alck_date_format(merged->last_seen, 0, last));
	if (f->thread.set)
		thread = alck_html_text(html, "thread %" PRIu64 ", ",
					f->thread.value);
	return alck_html_text(html, "%s%s", thread,
			      f->time.set ? alck_html_time(html, f->time.value)
					  : "");
}

static void fill_card(struct alck_cards *cards, struct alck_html *html,
		      struct card *card, const struct alck_report_finding *f,
		      const struct alck_merged *merged)
{
	struct alck_finding_view v;
	const char *allocated, *freed;
	FILE *out = html->out;

	alck_view_finding(html->view, f, &v);
	card->cause = cause_of(cards, html, &v);
	if (card->cause == CARDS)
		return;
	allocated = alck_html_caller(html, v.stacks.alloc);
	freed = alck_html_caller(html, v.stacks.dealloc);
	/* Within a cause they differ by who asked. */
	if (allocated && freed)
		card->headline = alck_html_text(
			html, "%s by %s, of a block that %s allocated",
			f->api ? alck_demangle(&html->view->arena, f->api)
			       : "call",
			freed, allocated);
	else
		card->headline = v.words.headline;
	card->headline = keep(cards, card->headline);
	card->where = keep(cards, where_of(html, f, merged));
	html->out = open_memstream(&card->body, &card->body_len);
	if (html->out) {
		alck_html_finding(html, &v, cards->causes[card->cause].why,
				  cards->causes[card->cause].advice);
		fclose(html->out);
	}
	html->out = out;
	cards->causes[card->cause].cards++;
}

static void count(struct alck_cards *cards, struct card *card,
		  enum alck_severity severity, uint64_t times)
{
	if (card->change == ALCK_CHANGE_GONE)
		return;
	cards->totals.times[severity] += times;
	if (card->body)
		cards->causes[card->cause].times += times;
}

size_t alck_cards_add(struct alck_cards *cards, struct alck_html *html,
		      const struct alck_report_finding *f,
		      const struct alck_merged *merged)
{
	enum alck_severity severity = alck_view_severity(f);
	uint64_t times = merged ? merged->times : f->count.value;
	struct card *card;

	card = card_of(cards,
		       merged ? merged->signature
			      : alck_signature_of(html->view->report, f));
	if (!card) {
		cards->totals.times[severity] += times;
		cards->totals.without_card++;
		return 0;
	}
	if (!card->body) {
		card->change = merged ? merged->change : ALCK_CHANGE_NONE;
		fill_card(cards, html, card, f, merged);
		if (card->body && card->change == ALCK_CHANGE_GONE)
			cards->totals.gone++;
		else if (card->body)
			cards->totals.distinct[severity]++;
	}
	count(cards, card, severity, times);
	if (!card->body)
		return 0;
	card->times += times;
	if (merged)
		card->reports += merged->reports;
	else
		card->reports += card->last_report != html->report;
	card->last_report = html->report;
	return (size_t)(card - cards->cards) + 1;
}

const struct alck_cards_totals *
alck_cards_totals(const struct alck_cards *cards)
{
	return &cards->totals;
}

static void put_card(FILE *out, const struct alck_cards *cards, size_t i,
		     int first)
{
	const struct card *card = &cards->cards[i];
	const struct cause *cause = &cards->causes[card->cause];
	static const char *const changes[] = {"", "new", "gone"};
	char n[32], times[96] = "";

	snprintf(n, sizeof(n), "%zu", i + 1);
	if (card->reports > 1)
		snprintf(times, sizeof(times),
			 "%" PRIu64 " times in %zu processes", card->times,
			 card->reports);
	else if (card->times > 1)
		snprintf(times, sizeof(times), "%" PRIu64 " times",
			 card->times);
	alck_page_put(out, first ? "finding-open-first" : "finding-open",
		      "severity", cause->severity_name, "n", n, NULL);
	alck_page_put(out, "finding-summary", "headline", card->headline,
		      "change", changes[card->change], "times", times, "where",
		      card->where, NULL);
	fwrite(card->body, 1, card->body_len, out);
}

static void put_cause(FILE *out, const struct alck_cards *cards, size_t i,
		      int first)
{
	const struct cause *cause = &cards->causes[i];
	char n[32], times[64];

	snprintf(n, sizeof(n), "%zu", i + 1);
	if (cause->times)
		snprintf(times, sizeof(times), "%" PRIu64 " time%s",
			 cause->times, cause->times == 1 ? "" : "s");
	else
		snprintf(times, sizeof(times), "gone");
	alck_page_put(out, "cause-open", "n", n, "severity",
		      cause->severity_name, "code", cause->code, "slug",
		      cause->slug, "times", times, NULL);
	if (cause->owner && *cause->owner)
		alck_page_put(out, "cause-party", "colour", cause->owner_colour,
			      "name", cause->owner, NULL);
	if (cause->via && *cause->via)
		alck_page_put(out, "cause-arrow", "text", cause->via, NULL);
	if (cause->freer && *cause->freer)
		alck_page_put(out, "cause-party", "colour", cause->freer_colour,
			      "name", cause->freer, NULL);
	alck_page_put(out, "cause-close-route", NULL);
	alck_page_put(out, "cause-said", "why", cause->why, "fix",
		      cause->advice, NULL);
	for (size_t k = 0; k < cards->ncards; k++)
		if (cards->cards[k].cause == i && cards->cards[k].body) {
			put_card(out, cards, k, first);
			first = 0;
		}
	alck_page_put(out, "cause-close", NULL);
}

void alck_cards_put(const struct alck_cards *cards, FILE *out)
{
	int first = 1;

	for (int s = ALCK_SEVERITY_ERROR; s <= ALCK_SEVERITY_INFO; s++)
		for (size_t i = 0; i < cards->ncauses; i++)
			if ((int)cards->causes[i].severity == s &&
			    cards->causes[i].cards) {
				put_cause(out, cards, i, first);
				first = 0;
			}
}
