/* SPDX-License-Identifier: MIT */
/*
 * Whose memory it is, as a picture: see usage-show.h.  Offline.
 *
 * A bar for each allocator and use: what is resident, what of the rest may be
 * touched, and what is reserved.  Below, a bar for each heap of ptmalloc's.
 */
#include <inttypes.h>
#include <string.h>

#include "inspect/usage-show.h"
#include "report/utf8.h"

#define WIDTH	      960
#define NAMES	      300 /* for the names, and what follows them is bars */
#define BARS	      520
#define ROW	      26
#define HEAPS_SHOWN   40
#define WORTH_TELLING (1u << 20)

#define LIVE	 "#0b3d91"
#define RESIDENT "#1f6feb"
#define SIZE	 "#9ec5fe"
#define RESERVED "#e3e6ea"
#define USED	 "#b45309"
#define FREE	 "#fde0b2"
#define TOP	 "#e3e6ea"

struct picture {
	FILE *out;
	unsigned int y;
	uint64_t scale; /* bytes that BARS are */
};

/* Any bytes: what would not be XML becomes a question mark. */
static void text(FILE *out, const char *s)
{
	while (*s) {
		size_t len = alck_utf8_length(s);

		if (!len || (unsigned char)*s < ' ')
			fputc('?', out);
		else if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
}

static void say(struct picture *p, unsigned int x, const char *anchor,
		const char *s)
{
	fprintf(p->out, "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\">", x,
		p->y + 17, anchor);
	text(p->out, s);
	fputs("</text>\n", p->out);
}

/* A stretch of a bar from byte FROM on; the end of it is returned. */
static uint64_t stretch(struct picture *p, uint64_t from, uint64_t bytes,
			const char *colour, const char *what)
{
	double x = NAMES + (double)from / (double)p->scale * BARS;
	double width = (double)bytes / (double)p->scale * BARS;
	double room = NAMES + BARS - x;
	char n[ALCK_BYTES_TEXT];

	/* What is only reserved may be terabytes. */
	if (width > room)
		width = room;
	if (bytes && room > 0)
		fprintf(p->out,
			"<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" "
			"height=\"18\" "
			"fill=\"%s\"><title>%s: %s</title></rect>\n",
			x, p->y + 4, width < 0.5 ? 0.5 : width, colour, what,
			alck_bytes_text(n, bytes));
	return from + bytes;
}

static void row(struct picture *p, const char *name,
		const struct alck_usage_total *t, uint64_t live)
{
	uint64_t in = t->resident > 0 ? (uint64_t)t->resident : 0, at;
	uint64_t all = alck_usage_resident(t);
	char size[ALCK_BYTES_TEXT], line[2 * ALCK_BYTES_TEXT + 16];
	char resident[ALCK_BYTES_TEXT];

	if (!t->size && !t->reserved)
		return;
	if (in > t->size)
		in = t->size;
	say(p, NAMES - 10, "end", name);
	/* A block may have pages that were never touched. */
	if (live > all)
		live = all;
	at = stretch(p, 0, live, LIVE, "live");
	if (in > live)
		at = stretch(p, at, in - live, RESIDENT, "resident");
	else
		in = live;
	at = stretch(p, at, t->size - in, SIZE,
		     t->resident < 0 ? "size" : "not resident");
	stretch(p, at, t->reserved, RESERVED, "reserved, not to be touched");
	if (t->resident < 0)
		snprintf(line, sizeof(line), "%s",
			 alck_bytes_text(size, t->size));
	else
		snprintf(line, sizeof(line), "%s of %s",
			 alck_bytes_text(resident, in),
			 alck_bytes_text(size, t->size));
	say(p, WIDTH - 10, "end", line);
	p->y += ROW;
}

/* The function that allocated the block which holds H. */
static void culprit(struct picture *p, struct alck_usage_view *v,
		    const struct alck_usage_heap *h)
{
	struct alck_state_call call;
	struct alck_frames frames;
	char line[512], size[ALCK_BYTES_TEXT];

	if (!h->npins || h->pins[0].gives < h->top + WORTH_TELLING)
		return;
	frames = alck_usage_frames(v, h->pins[0].context, &call);
	frames = alck_explain_trim(v->report, frames);
	snprintf(line, sizeof(line),
		 "%s held by a block of %" PRIu64 " bytes at 0x%" PRIx64
		 ", allocated in %s",
		 alck_bytes_text(size, h->pins[0].gives), h->pins[0].size,
		 h->pins[0].addr,
		 frames.count && frames.frame[0].function
			 ? frames.frame[0].function
			 : "?");
	say(p, NAMES, "start", line);
	p->y += ROW;
}

static void heap(struct picture *p, struct alck_usage_view *v,
		 const struct alck_usage_heap *h)
{
	char name[64], used[ALCK_BYTES_TEXT], size[ALCK_BYTES_TEXT];
	char line[2 * ALCK_BYTES_TEXT + 16];
	uint64_t at;

	if (h->arena)
		snprintf(name, sizeof(name), "heap 0x%" PRIx64, h->low);
	else
		snprintf(name, sizeof(name), "the main heap");
	say(p, NAMES - 10, "end", name);
	if (h->why) {
		say(p, NAMES, "start", h->why);
	} else {
		at = stretch(p, 0, h->used, USED, "in use");
		at = stretch(p, at, h->free, FREE,
			     "free, below a block in use");
		stretch(p, at, h->top, TOP, "free, on top");
		snprintf(line, sizeof(line), "%s of %s",
			 alck_bytes_text(used, h->used),
			 alck_bytes_text(size, h->high - h->low));
		say(p, WIDTH - 10, "end", line);
	}
	p->y += ROW;
	culprit(p, v, h);
}

static void heading(struct picture *p, const char *s)
{
	p->y += 14;
	fprintf(p->out,
		"<text x=\"20\" y=\"%u\" font-weight=\"bold\">%s</text>\n",
		p->y + 14, s);
	p->y += ROW;
}

static unsigned int rows(const struct alck_usage *u)
{
	unsigned int n = ALCK_USES;

	for (size_t i = 0; i < u->nobjects; i++)
		n += u->objects[i].family != NULL;
	return n + 2 * (u->nheaps < HEAPS_SHOWN ? (unsigned int)u->nheaps
						: HEAPS_SHOWN);
}

static uint64_t longest(uint64_t a, const struct alck_usage_total *t)
{
	return t->size > a ? t->size : a;
}

void alck_usage_svg(FILE *out, struct alck_usage_view *v)
{
	const struct alck_usage *u = &v->usage;
	struct picture p = {out, 40, 1};

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d "
		"%u\" font-family=\"sans-serif\" font-size=\"13\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"20\" y=\"28\" font-size=\"17\" "
		"font-weight=\"bold\">Memory of ",
		WIDTH, rows(u) * ROW + 180);
	text(out, v->target);
	fputs("</text>\n", out);
	heading(&p, u->recorded
			    ? "By allocator and use: live (darkest), resident "
			      "(dark), not resident (light), reserved (grey)"
			    : "By allocator and use: resident (dark), not "
			      "resident (light), reserved (grey)");
	for (int use = 0; use < ALCK_USES; use++)
		if (use != ALCK_USE_ALLOCATOR)
			p.scale = longest(p.scale, &u->by_use[use]);
	for (size_t i = 0; i < u->nobjects; i++)
		p.scale = longest(p.scale, &u->by_object[i]);
	for (size_t i = 0; i < u->nobjects; i++)
		if (u->objects[i].family)
			row(&p, u->objects[i].title, &u->by_object[i],
			    u->live[i].bytes);
	for (int use = 0; use < ALCK_USES; use++)
		if (use != ALCK_USE_ALLOCATOR)
			row(&p, alck_usage_name((enum alck_use)use),
			    &u->by_use[use], 0);
	if (u->nheaps)
		heading(&p, "Heaps of ptmalloc: in use (dark), free below a "
			    "block in use (light), free on top (grey)");
	p.scale = 1;
	for (size_t i = 0; i < u->nheaps && i < HEAPS_SHOWN; i++)
		if (u->heaps[i].high - u->heaps[i].low > p.scale)
			p.scale = u->heaps[i].high - u->heaps[i].low;
	for (size_t i = 0; i < u->nheaps && i < HEAPS_SHOWN; i++)
		heap(&p, v, &u->heaps[i]);
	fputs("</svg>\n", out);
}
