/* SPDX-License-Identifier: MIT */
/* Whose memory it is, for people: see usage-show.h.  Offline. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/usage-show.h"
#include "report/utf8.h"

/* A heap of which less is in use is called nearly empty. */
#define NEARLY_EMPTY_PERCENT 10
/* Less is not worth a line. */
#define WORTH_TELLING (1u << 20)

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

static void row(FILE *out, const char *name, const struct alck_usage_total *t)
{
	char size[ALCK_BYTES_TEXT], resident[ALCK_BYTES_TEXT];
	char reserved[ALCK_BYTES_TEXT];

	if (!t->size && !t->reserved)
		return;
	fputs("  ", out);
	alck_utf8_print(out, name);
	fprintf(out, "%*s %10s %10s %10s\n",
		strlen(name) < 44 ? (int)(44 - strlen(name)) : 0, "",
		alck_bytes_text(size, t->size),
		t->resident < 0
			? "?"
			: alck_bytes_text(resident, (uint64_t)t->resident),
		alck_bytes_text(reserved, t->reserved));
}

static void heap(FILE *out, const struct alck_usage_heap *h)
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
	fprintf(out, ": %s in use in %" PRIu64 " blocks, %s free, %s on top",
		alck_bytes_text(used, h->used), h->used_blocks,
		alck_bytes_text(below, h->free), alck_bytes_text(top, h->top));
	if (h->resident >= 0)
		fprintf(out, ", %s resident",
			alck_bytes_text(resident, (uint64_t)h->resident));
	fputc('\n', out);
	if (alck_usage_pinned(h) >= WORTH_TELLING)
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

void alck_usage_text(FILE *out, const struct alck_usage *u, const char *target,
		     int verbose)
{
	fputs("memory of ", out);
	alck_utf8_print(out, target);
	fprintf(out, "\n  %-44s %10s %10s %10s\n", "", "size", "resident",
		"reserved");
	for (size_t i = 0; i < u->nobjects; i++)
		if (u->objects[i].family)
			row(out, u->objects[i].title, &u->by_object[i]);
	for (int use = 0; use < ALCK_USES; use++)
		if (use != ALCK_USE_ALLOCATOR)
			row(out, alck_usage_name((enum alck_use)use),
			    &u->by_use[use]);
	if (u->by_use[ALCK_USE_UNKNOWN].size >= WORTH_TELLING)
		fputs("  (unknown: mapped by the program itself, or by an "
		      "allocator that leaves no mark there)\n",
		      out);
	for (size_t i = 0; i < u->nheaps; i++) {
		if (!i)
			fputs("heaps of ptmalloc (what its caches of free "
			      "blocks hold counts as in use)\n",
			      out);
		heap(out, &u->heaps[i]);
	}
	if (verbose)
		regions(out, u);
}
