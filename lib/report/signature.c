/* SPDX-License-Identifier: MIT */
/* Knowing a finding again: see signature.h.  Offline. */
#include "report/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a of 128 bits. */
typedef unsigned __int128 hash;

#define WIDE(high, low) ((hash)(high) << 64 | (low))
#define OFFSET_BASIS	WIDE(0x6c62272e07bb0142u, 0x62b821756295c58du)
#define PRIME		WIDE(0x0000000001000000u, 0x000000000000013bu)

static void add_bytes(hash *h, const void *bytes, size_t n)
{
	for (const unsigned char *p = bytes; n--; p++)
		*h = (*h ^ *p) * PRIME;
}

/* With the NUL, so that what follows is not taken for more of it. */
static void add_text(hash *h, const char *text)
{
	if (text)
		add_bytes(h, text, strlen(text));
	add_bytes(h, "", 1);
}

static void add_number(hash *h, uint64_t n)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(n >> 8 * i);
	add_bytes(h, bytes, sizeof(bytes));
}

static void add_file(hash *h, const struct alck_bytes *build_id,
		     const char *path)
{
	if (build_id && build_id->len)
		add_bytes(h, build_id->value, build_id->len);
	else
		add_text(h, alck_report_base_name(path));
}

static void add_provider(hash *h, const struct alck_report *r,
			 struct alck_number id, int by_names)
{
	const struct alck_report_provider *p = alck_report_provider(r, id);

	add_text(h, p ? p->family : NULL);
	add_file(h, p && !by_names ? &p->build_id : NULL,
		 alck_report_provider_path(r, p));
}

static void add_frame(hash *h, const struct alck_report *r,
		      const struct alck_report_module *m, uint64_t pc)
{
	if (!m) {
		/* Outside of modules addresses differ from run to run. */
		add_text(h, "?");
		return;
	}
	add_file(h, &m->build_id, alck_report_module_path(r, m));
	add_number(h, pc - m->bias.value);
}

static void add_stack(hash *h, const struct alck_report *r,
		      const struct alck_words *stack, uint64_t time)
{
	add_number(h, stack->count);
	for (size_t i = 0; i < stack->count; i++) {
		uint64_t pc = stack->value[i];

		add_frame(h, r, alck_report_module_at(r, pc - 1, time), pc);
	}
}

static struct alck_signature finished(hash h)
{
	return (struct alck_signature){(uint64_t)(h >> 64), (uint64_t)h};
}

static uint64_t time_of(const struct alck_report_finding *f)
{
	return f->time.set ? f->time.value : UINT64_MAX;
}

static hash begun(const struct alck_report *r,
		  const struct alck_report_finding *f, int by_names)
{
	hash h = OFFSET_BASIS;

	add_text(&h, f->code);
	add_text(&h, f->verdict);
	add_text(&h, f->api);
	add_text(&h, f->alloc_api);
	add_provider(&h, r, f->owner, by_names);
	add_provider(&h, r, f->freer, by_names);
	return h;
}

struct alck_signature alck_signature_of(const struct alck_report *r,
					const struct alck_report_finding *f)
{
	hash h = begun(r, f, 0);

	add_stack(&h, r, &f->stack, time_of(f));
	add_stack(&h, r, &f->alloc_stack, alck_report_alloc_time(f));
	return finished(h);
}

static void add_names(hash *h, struct alck_view *view,
		      const struct alck_words *stack, uint64_t time)
{
	const struct alck_report *r = view->report;
	struct alck_frames frames = alck_explain_trim(
		r, alck_symbolizer_stack(view->symbolizer, stack, time));

	for (size_t i = 0; i < frames.count; i++) {
		const struct alck_frame *f = &frames.frame[i];

		/* What is inlined is the compiler's choice. */
		if (f->inlined)
			continue;
		if (!f->function) {
			add_frame(h, r, f->module, f->pc);
			continue;
		}
		add_text(h, alck_report_base_name(
				    alck_report_module_path(r, f->module)));
		add_text(h, f->function);
	}
	add_number(h, 0);
}

struct alck_signature
alck_signature_by_names(struct alck_view *view,
			const struct alck_report_finding *f)
{
	hash h = begun(view->report, f, 1);

	add_names(&h, view, &f->stack, time_of(f));
	add_names(&h, view, &f->alloc_stack, alck_report_alloc_time(f));
	return finished(h);
}

void alck_signature_format(struct alck_signature s,
			   char text[ALCK_SIGNATURE_TEXT])
{
	snprintf(text, ALCK_SIGNATURE_TEXT, "%016" PRIx64 "%016" PRIx64, s.high,
		 s.low);
}

int alck_signature_equal(struct alck_signature a, struct alck_signature b)
{
	return a.high == b.high && a.low == b.low;
}
