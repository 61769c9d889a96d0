/* SPDX-License-Identifier: MIT */
/* Slots that another tool has rewritten: see rebound.h.  Signal-safe. */
#include "preload/binding.h"
#include "preload/elf-lookup.h"
#include "preload/rebound.h"
#include "preload/text.h"

struct look {
	const struct alck_module *tool;
	const char *name;
	uintptr_t value;
};

static int is_value(const struct alck_module *m, ElfW(Sym) * s, int hidden,
		    void *data)
{
	const struct look *l = data;

	(void)hidden;
	return m->bias + s->st_value == l->value;
}

static int is_rebound(const struct alck_module *m, uintptr_t *slot,
		      const char *name, void *data)
{
	struct look *l = data;

	(void)m;
	if (!name || !alck_text_equal(name, l->name))
		return 0;
	l->value = *slot;
	return l->value >= l->tool->low && l->value < l->tool->high &&
	       !alck_elf_each(l->tool, name, is_value, l);
}

int alck_rebound_find(const struct alck_entry *e, uintptr_t pc,
		      struct alck_rebound *r)
{
	struct look l = {alck_module_at(pc), e->name, 0};

	if (!l.tool || l.tool->is_self || l.tool->is_libc)
		return 0;
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		const struct alck_module *m = alck_module(i);

		if (m == l.tool || m->retired || m->is_self || m->fresh ||
		    !alck_binding_each(m, 0, is_rebound, &l))
			continue;
		*r = (struct alck_rebound){m, l.tool, e};
		return 1;
	}
	return 0;
}
