/* SPDX-License-Identifier: MIT */
/* Whose memory it is, for people: see usage-show.h.  Offline. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/usage-show.h"
#include "report/age.h"
#include "report/render-text.h"
#include "report/utf8.h"

/* A heap of which less is in use is called nearly empty. */
#define NEARLY_EMPTY_PERCENT 10
/* Less is not worth a line. */
#define WORTH_TELLING (1u << 20)
#define PLACES_SHOWN  5
#define HEAPS_SHOWN   8
#define PLACES_ALL    100 /* with -v */

const char *alck_bytes_text(char *buf, uint64_t bytes)
{
	static const char *const units[] = {"B",   "KiB", "MiB",
					    "GiB", "TiB", "PiB"};
	double n = (double)bytes;
	unsigned int unit = 0;

	while (n >= 1024 && unit < 5) {
		n /= 1024;
		unit++;
	}
	snprintf(buf, ALCK_BYTES_TEXT, unit && n < 10 ? "%.1f %s" : "%.0f %s",
		 n, units[unit]);
	return buf;
}

uint64_t alck_usage_pinned(const struct alck_usage_heap *h)
{
	return h->pin ? h->free : 0;
}

uint64_t alck_usage_resident(const struct alck_usage_total *t)
{
	return t->resident < 0 ? t->size : (uint64_t)t->resident;
}

/* LIVE is NULL where it is not known, or makes no sense. */
static void row(FILE *out, const char *name, int width,
		const struct alck_usage_total *t,
		const struct alck_usage_live *live)
{
	char size[ALCK_BYTES_TEXT], resident[ALCK_BYTES_TEXT];
	char reserved[ALCK_BYTES_TEXT], in[ALCK_BYTES_TEXT];

	if (!t->size && !t->reserved)
		return;
	fputs("  ", out);
	alck_utf8_print(out, name);
	fprintf(out, "%*s %10s %10s %10s", width - (int)strlen(name), "",
		alck_bytes_text(size, t->size),
		t->resident < 0
			? "?"
			: alck_bytes_text(resident, (uint64_t)t->resident),
		alck_bytes_text(reserved, t->reserved));
	if (live)
		fprintf(out, " %10s", alck_bytes_text(in, live->bytes));
	fputc('\n', out);
}

/* ----------------------------------------------------------- what is live */

/* What of an allocator's memory is in use, and what becomes of the rest. */
static void fragmentation(FILE *out, const char *title,
			  const struct alck_usage_total *t,
			  const struct alck_usage_live *l)
{
	char in[ALCK_BYTES_TEXT], live[ALCK_BYTES_TEXT];
	char held[ALCK_BYTES_TEXT], rest[ALCK_BYTES_TEXT];
	uint64_t resident = alck_usage_resident(t);

	fputs("  ", out);
	alck_utf8_print(out, title);
	fprintf(out, ": %s%s in %" PRIu64 " live block%s",
		l->unsized ? "at least " : "", alck_bytes_text(live, l->bytes),
		l->blocks, l->blocks == 1 ? "" : "s");
	if (resident > l->bytes && l->bytes)
		fprintf(out, "; %s %s, %.*f times as much",
			alck_bytes_text(in, resident),
			t->resident < 0 ? "is mapped" : "is resident",
			resident / l->bytes < 100 ? 1 : 0,
			(double)resident / (double)l->bytes);
	fputc('\n', out);
	if (resident <= l->held || resident < WORTH_TELLING)
		return;
	fprintf(out,
		"    %s in pages with a live block in them; %s in pages "
		"without any: free memory that it keeps, and its books\n",
		alck_bytes_text(held, l->held),
		alck_bytes_text(rest, resident - l->held));
}

static void stack(FILE *out, struct alck_usage_view *v, uint32_t context,
		  int verbose)
{
	struct alck_text_style style = {.out = out, .verbose = verbose};
	struct alck_state_call call;
	struct alck_frames frames = alck_usage_frames(v, context, &call);

	if (frames.count)
		alck_render_text_stack(&style, v->report, "  allocated",
				       call.api, (struct alck_number){0, 0},
				       frames);
	else
		fputs("    (its stack was not kept)\n", out);
}

/* "; WHAT 12.3 s ago", of the block at ADDR. */
static void age(FILE *out, struct alck_usage_view *v, uint64_t addr,
		const char *what)
{
	struct alck_arena arena = {.chunks = NULL};
	uint64_t ns;

	if (alck_usage_age(v, addr, &ns))
		fprintf(out, "; %s %s ago", what, alck_age_words(&arena, ns));
	alck_arena_free(&arena);
}

static void places(FILE *out, struct alck_usage_view *v, int verbose)
{
	const struct alck_usage *u = &v->usage;
	size_t most = verbose ? PLACES_ALL : PLACES_SHOWN;
	char held[ALCK_BYTES_TEXT], live[ALCK_BYTES_TEXT];

	if (u->nplaces)
		fputs("what holds the most pages (one with several blocks in "
		      "it is shared among them)\n",
		      out);
	for (size_t i = 0; i < u->nplaces && i < most; i++) {
		const struct alck_usage_place *p = &u->places[i];

		fprintf(out, "  %s by %" PRIu64 " block%s, %s%s, of ",
			alck_bytes_text(held, p->live.held), p->live.blocks,
			p->live.blocks == 1 ? "" : "s",
			p->live.unsized ? "at least " : "",
			alck_bytes_text(live, p->live.bytes));
		alck_utf8_print(out, p->owner < 0 ? "an allocator that is gone"
						  : u->objects[p->owner].title);
		age(out, v, p->oldest,
		    p->live.blocks == 1 ? "allocated" : "the oldest allocated");
		fputc('\n', out);
		stack(out, v, p->context, verbose);
	}
	if (u->nplaces > most)
		fprintf(out, "  and %zu more places%s\n", u->nplaces - most,
			verbose ? "" : " (--verbose)");
}

/* ------------------------------------------------------ heaps of ptmalloc */

/* The last live blocks of H, by the ownership table. */
static void pins(FILE *out, struct alck_usage_view *v,
		 const struct alck_usage_heap *h, int verbose)
{
	char gives[ALCK_BYTES_TEXT];

	for (size_t i = 0; i < h->npins; i++) {
		const struct alck_usage_pin *p = &h->pins[i];
		uint64_t more = p->gives - (i ? h->pins[i - 1].gives : h->top);

		/* A next one that would not give much more is none. */
		if (p->gives < h->top || more < WORTH_TELLING)
			break;
		fprintf(out,
			i ? "    the next one is of %" PRIu64
			    " bytes at 0x%" PRIx64 ": without both, %s could be"
			  : "    the block of %" PRIu64 " bytes at 0x%" PRIx64
			    " is the last in use: without it, %s could be "
			    "given back from the end",
			p->size, p->addr, alck_bytes_text(gives, p->gives));
		age(out, v, p->addr, "allocated");
		fputc('\n', out);
		stack(out, v, p->context, verbose);
	}
}

static void heap(FILE *out, struct alck_usage_view *v,
		 const struct alck_usage_heap *h, int verbose)
{
	char used[ALCK_BYTES_TEXT], below[ALCK_BYTES_TEXT];
	char top[ALCK_BYTES_TEXT], resident[ALCK_BYTES_TEXT];
	uint64_t size = h->high - h->low;

	fprintf(out, "  0x%" PRIx64 "-0x%" PRIx64 ", ", h->low, h->high);
	if (h->arena)
		fprintf(out, "arena 0x%" PRIx64, h->arena);
	else
		fputs("the main heap", out);
	if (h->why) {
		fprintf(out, ": not read to its end: %s\n", h->why);
		return;
	}
	fprintf(out, ": %s in use in %" PRIu64 " blocks",
		alck_bytes_text(used, h->used), h->used_blocks);
	if (v->usage.recorded)
		fprintf(out, " (live: %s in %" PRIu64 ")",
			alck_bytes_text(used, h->live), h->live_blocks);
	fprintf(out, ", %s free, %s on top", alck_bytes_text(below, h->free),
		alck_bytes_text(top, h->top));
	if (h->resident >= 0)
		fprintf(out, ", %s resident",
			alck_bytes_text(resident, (uint64_t)h->resident));
	fputc('\n', out);
	if (v->usage.recorded)
		pins(out, v, h, verbose);
	else if (alck_usage_pinned(h) >= WORTH_TELLING)
		fprintf(out,
			"    the block of %" PRIu64 " bytes at 0x%" PRIx64
			" is the last in use: while it is, %s free below it "
			"are not given back from the end\n",
			h->pin_size, h->pin,
			alck_bytes_text(below, alck_usage_pinned(h)));
	if (size >= WORTH_TELLING &&
	    h->used * 100 < size * NEARLY_EMPTY_PERCENT)
		fprintf(out, "    nearly empty: %.1f %% in use\n",
			100.0 * (double)h->used / (double)size);
}

static int by_free(const void *a, const void *b)
{
	const struct alck_usage_heap *x = *(void *const *)a;
	const struct alck_usage_heap *y = *(void *const *)b;

	if (x->free != y->free)
		return x->free < y->free ? 1 : -1;
	return (x->low > y->low) - (x->low < y->low);
}

/* Those first in which most is free; a program may have hundreds. */
static void heaps(FILE *out, struct alck_usage_view *v, int verbose)
{
	const struct alck_usage *u = &v->usage;
	const struct alck_usage_heap **order =
		malloc((u->nheaps + 1) * sizeof(*order));
	size_t most =
		verbose || u->nheaps <= HEAPS_SHOWN ? u->nheaps : HEAPS_SHOWN;
	char bytes[ALCK_BYTES_TEXT];
	uint64_t rest = 0;

	if (u->nheaps)
		fputs("heaps of ptmalloc (what its caches of free blocks hold "
		      "counts as in use)\n",
		      out);
	for (size_t i = 0; order && i < u->nheaps; i++)
		order[i] = &u->heaps[i];
	if (order && u->nheaps)
		qsort(order, u->nheaps, sizeof(*order), by_free);
	for (size_t i = 0; order && i < u->nheaps; i++) {
		if (i < most)
			heap(out, v, order[i], verbose);
		else
			rest += order[i]->free;
	}
	if (most < u->nheaps)
		fprintf(out, "  and %zu more heaps with %s free (--verbose)\n",
			u->nheaps - most, alck_bytes_text(bytes, rest));
	free(order);
}

static void regions(FILE *out, const struct alck_usage *u)
{
	char size[ALCK_BYTES_TEXT], in[ALCK_BYTES_TEXT];

	fputs("regions\n", out);
	for (size_t i = 0; i < u->nregions; i++) {
		const struct alck_region *r = &u->regions[i];
		const struct alck_mapping *m = r->mapping;

		fprintf(out,
			"  0x%012" PRIx64 "-0x%012" PRIx64
			" %c%c%c %9s %9s  %s",
			r->low, r->high, m->readable ? 'r' : '-',
			m->writable ? 'w' : '-', m->executable ? 'x' : '-',
			alck_bytes_text(size, r->high - r->low),
			r->resident < 0
				? "?"
				: alck_bytes_text(in, (uint64_t)r->resident),
			r->owner >= 0 ? u->objects[r->owner].title
				      : alck_usage_name(r->use));
		if (r->proof[0])
			fprintf(out, " (%s)", r->proof);
		if (m->path[0]) {
			fputc(' ', out);
			alck_utf8_print(out, m->path);
		}
		fputc('\n', out);
	}
}

static int width_of(const struct alck_usage *u)
{
	size_t width = 24, len;

	for (size_t i = 0; i < u->nobjects; i++) {
		len = u->objects[i].family ? strlen(u->objects[i].title) : 0;
		if (len > width)
			width = len;
	}
	return (int)width;
}

static void sums(FILE *out, const struct alck_usage *u)
{
	int width = width_of(u);

	fprintf(out, "  %*s %10s %10s %10s%s\n", width, "", "size", "resident",
		"reserved", u->recorded ? "       live" : "");
	for (size_t i = 0; i < u->nobjects; i++)
		if (u->objects[i].family)
			row(out, u->objects[i].title, width, &u->by_object[i],
			    u->recorded ? &u->live[i] : NULL);
	for (int use = 0; use < ALCK_USES; use++)
		if (use != ALCK_USE_ALLOCATOR)
			row(out, alck_usage_name((enum alck_use)use), width,
			    &u->by_use[use], NULL);
	if (u->by_use[ALCK_USE_UNKNOWN].size >= WORTH_TELLING)
		fputs("  (unknown: mapped by the program itself, or by an "
		      "allocator that leaves no mark there)\n",
		      out);
}

void alck_usage_text(FILE *out, struct alck_usage_view *v, int verbose)
{
	const struct alck_usage *u = &v->usage;

	fputs("memory of ", out);
	alck_utf8_print(out, v->target);
	fputc('\n', out);
	sums(out, u);
	if (v->state && !u->recorded)
		fputs("what is live is not known: alloccheck's table cannot be "
		      "read, or has no blocks (level=guard)\n",
		      out);
	for (size_t i = 0; u->recorded && i < u->nobjects; i++) {
		if (!i)
			fputs("what is live, by alloccheck's record\n", out);
		if (u->live[i].blocks)
			fragmentation(out, u->objects[i].title,
				      &u->by_object[i], &u->live[i]);
	}
	heaps(out, v, verbose);
	places(out, v, verbose);
	if (verbose)
		regions(out, u);
}
