/* SPDX-License-Identifier: MIT */
/* What an object's calls are bound to: see binding.h.  Signal-safe. */
#include "preload/arch.h"
#include "preload/binding.h"
#include "preload/sys.h"
#include "preload/text.h"

typedef int (*visitor)(const struct alck_module *, uintptr_t *, const char *,
		       void *);

static int each_rela(const struct alck_module *m, const ElfW(Rela) * r,
		     size_t n, int own, visitor visit, void *data)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t symbol = (uint32_t)ELF64_R_SYM(r[i].r_info);
		const char *name = NULL;
		int stop;

		switch (ELF64_R_TYPE(r[i].r_info)) {
		case ALCK_R_RELATIVE:
			if (!own)
				continue;
			break;
		case ALCK_R_JUMP_SLOT:
		case ALCK_R_GLOB_DAT:
		case ALCK_R_ABSOLUTE:
			if (symbol && m->symtab && m->strtab)
				name = m->strtab + m->symtab[symbol].st_name;
			break;
		default:
			continue;
		}
		stop = visit(m, (uintptr_t *)(m->bias + r[i].r_offset), name,
			     data);
		if (stop)
			return stop;
	}
	return 0;
}

/* DT_RELR: an address, then words of 63 bits, each bit the next slot. */
static int each_relr(const struct alck_module *m, visitor visit, void *data)
{
	uintptr_t *slot = NULL;

	for (size_t i = 0; i < m->nrelr; i++) {
		ElfW(Addr) word = m->relr[i];
		int stop = 0;

		if (!(word & 1)) {
			slot = (uintptr_t *)(m->bias + word);
			stop = visit(m, slot++, NULL, data);
		} else {
			for (int k = 0; (word >>= 1) && !stop; k++)
				if (word & 1)
					stop = visit(m, slot + k, NULL, data);
			slot += 8 * sizeof(word) - 1;
		}
		if (stop)
			return stop;
	}
	return 0;
}

int alck_binding_each(const struct alck_module *m, int own, visitor visit,
		      void *data)
{
	int stop = each_rela(m, m->jmprel, m->njmprel, own, visit, data);
	/* A compiler has half a million of them. */
	size_t skip = own ? 0 : m->nrelative;

	if (!stop)
		stop = each_rela(m, m->rela + skip, m->nrela - skip, own, visit,
				 data);
	if (!stop && own)
		stop = each_relr(m, visit, data);
	return stop;
}

static int is_bound(const struct alck_module *m, uintptr_t *slot,
		    const char *name, void *data)
{
	const struct alck_entry *e = data;

	(void)m;
	return name && *slot == e->address;
}

int alck_binding_has(const struct alck_module *m, const struct alck_entry *e)
{
	return alck_binding_each(m, 0, is_bound, (void *)(uintptr_t)e);
}

/* In the order of enum alck_bound_call, and what stands for it. */
static const struct {
	const char *name;
	enum alck_bound_call call;
} bound_names[] = {
	{"malloc", ALCK_BOUND_MALLOC}, {"realloc", ALCK_BOUND_REALLOC},
	{"free", ALCK_BOUND_FREE},     {"_Znwm", ALCK_BOUND_NEW},
	{"_ZdlPv", ALCK_BOUND_DELETE}, {"_ZdlPvm", ALCK_BOUND_DELETE},
};

static int note_slot(const struct alck_module *m, uintptr_t *slot,
		     const char *name, void *data)
{
	uintptr_t **slots = data;

	(void)m;
	/* Most names begin otherwise. */
	if (!name || (*name != 'm' && *name != 'r' && *name != 'f' &&
		      (*name != '_' || name[1] != 'Z')))
		return 0;
	for (unsigned int i = 0;
	     i < sizeof(bound_names) / sizeof(bound_names[0]); i++)
		/* Calls come before pointers: see alck_binding_each. */
		if (!slots[bound_names[i].call] &&
		    alck_text_equal(name, bound_names[i].name))
			slots[bound_names[i].call] = slot;
	return 0;
}

void alck_binding_note(struct alck_module *m)
{
	if (m->bound_noted || m->is_self)
		return;
	alck_binding_each(m, 0, note_slot, m->bound_slot);
	m->bound_noted = 1;
}

int alck_binding_look(struct alck_module *m, int locked)
{
	int changed = 0;

	for (int i = 0; i < ALCK_BOUND_CALLS && !m->retired; i++) {
		const struct alck_entry *e;
		uintptr_t value;
		uint8_t id;

		if (!m->bound_slot[i])
			continue;
		if (locked)
			value = *m->bound_slot[i];
		else if (alck_sys_peek(&value, m->bound_slot[i], sizeof(value)))
			continue;
		e = alck_entry_by_address(value);
		if (!e)
			e = alck_entry_by_real(value, NULL);
		id = e && e->provider ? e->provider->id : 0;
		changed |= id != m->bound[i];
		m->bound[i] = id;
	}
	return changed;
}

void alck_binding_look_all(int locked)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_binding_look(alck_module(i), locked))
			alck_module(i)->recorded = 0;
}

/* Came by dlopen, and is neither the provider itself nor of its kind. */
static int can_be_deep(const struct alck_module *m, const struct alck_entry *e)
{
	return m && !m->at_start && !m->retired && !m->is_self &&
	       m != e->provider->module && !m->name_space;
}

int alck_binding_deep(const struct alck_entry *e, uintptr_t pc,
		      struct alck_deep *deep)
{
	const struct alck_module *caller = alck_module_at(pc);
	uint32_t found = 0;

	deep->module = NULL;
	deep->tail_call = 0;
	if (e->standard < 0 || !alck_global[e->standard] ||
	    alck_global[e->standard] == e)
		return 0;
	if (caller && alck_binding_has(caller, e)) {
		deep->module = caller;
		return can_be_deep(caller, e);
	}
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		const struct alck_module *m = alck_module(i);

		if (!can_be_deep(m, e) || !alck_binding_has(m, e))
			continue;
		deep->module = m;
		deep->tail_call = 1;
		found++;
	}
	if (found > 1)
		deep->module = NULL;
	return found > 0;
}
