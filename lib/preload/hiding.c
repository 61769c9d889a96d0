/* SPDX-License-Identifier: MIT */
/* Allocators without names: see hiding.h.  Signal-safe. */
#include "preload/hiding.h"
#include "preload/providers.h"

int alck_hiding_may(const struct alck_module *m)
{
	const struct alck_provider *p = alck_provider_of(m);

	return !m->is_self && !m->is_libc && (!p || p->coverage);
}

/* Whose texts M has: they are there as long as it is. */
static void read_strings(struct alck_module *m)
{
	const struct alck_family *f;

	if (m->read_for_texts)
		return;
	m->read_for_texts = 1;
	/* An allocator that is known by its names has its own. */
	f = alck_provider_of(m) ? NULL : alck_family_by_strings(m);
	m->hidden_title = f ? f->title : NULL;
}

void alck_hiding_found(struct alck_module *m)
{
	read_strings(m);
	m->hides = ALCK_HIDES_A_BLOCK;
	m->hides_recorded = 0;
}

/* A program of 60 MiB (node) took 200 ms at its end. */
#define LOOKED_AT (4ul << 20)

void alck_hiding_look(int late_alone)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		struct alck_module *m = alck_module(i);

		if (!m->maps || m->retired || (late_alone && m->at_start) ||
		    m->high - m->low > LOOKED_AT)
			continue;
		read_strings(m);
		if (m->hidden_title && !m->hides)
			m->hides = ALCK_HIDES_BY_STRINGS;
	}
}

void alck_hiding_suspect(const uint64_t *pcs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct alck_module *at = alck_module_at(pcs[i]);
		struct alck_module *m = at ? alck_module(at->id) : NULL;

		if (m && m->maps && !m->hides && !alck_provider_of(m))
			m->hides = ALCK_HIDES_PERHAPS;
	}
}

static void by_strings(const struct alck_module *m, struct alck_text *t)
{
	if (!m->hidden_title)
		return;
	alck_text_add(t, "by its strings it is ");
	alck_text_add(t, m->hidden_title);
}

void alck_hiding_tell(const struct alck_module *m, struct alck_text *t)
{
	switch (m->hides) {
	case ALCK_HIDES_A_BLOCK:
		alck_text_add(t, "it hands out blocks of memory that it maps "
				 "for itself, by functions without a name that "
				 "is known (is it stripped?): neither what "
				 "they hand out nor what they are given is "
				 "seen");
		alck_text_add(t, m->hidden_title ? "; " : "");
		by_strings(m, t);
		break;
	case ALCK_HIDES_BY_STRINGS:
		by_strings(m, t);
		alck_text_add(t, ", without a name that is known (is it "
				 "stripped?), and it maps memory for itself: "
				 "neither what it hands out nor what it is "
				 "given is seen");
		break;
	default:
		alck_text_add(t, "it maps memory for itself: if that is for an "
				 "allocator, it is one without a name that is "
				 "known, and neither what it hands out nor "
				 "what it is given is seen");
		break;
	}
}
