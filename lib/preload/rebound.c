/* SPDX-License-Identifier: MIT */
/* Slots that another tool has rewritten: see rebound.h.  Signal-safe. */
#include "preload/binding.h"
#include "preload/elf-lookup.h"
#include "preload/insn.h"
#include "preload/rebound.h"
#include "preload/sys.h"
#include "preload/text.h"

#define TAIL_INSNS 64 /* of a function that leaves by a jump */

struct look {
	const struct alck_module *tool; /* NULL: any but the slot's own */
	const struct alck_entry *entry;
	uintptr_t value;
};

static int is_value(const struct alck_module *m, ElfW(Sym) * s, int hidden,
		    void *data)
{
	const struct look *l = data;

	(void)hidden;
	return m->bias + s->st_value == l->value;
}

/* Does the slot hold a function of the tool's that has not this name? */
static int is_rebound(const struct alck_module *m, uintptr_t *slot,
		      const char *name, void *data)
{
	const struct alck_module *tool;
	struct look *l = data;

	if (!name || !alck_text_equal(name, l->entry->name))
		return 0;
	l->value = *slot;
	tool = alck_module_at(l->value);
	if (!tool || tool == m || tool->is_self || tool->is_libc ||
	    (l->tool && tool != l->tool) ||
	    alck_elf_each(tool, name, is_value, l))
		return 0;
	l->tool = tool;
	return 1;
}

/* ------------------------------------------------------ by a frame of its own
 */

static int find_frame(const struct alck_entry *e, uintptr_t pc,
		      struct alck_rebound *r)
{
	struct look l = {alck_module_at(pc), e, 0};

	if (!l.tool || l.tool->is_self || l.tool->is_libc)
		return 0;
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		const struct alck_module *m = alck_module(i);

		if (m == l.tool || m->retired || m->is_self || m->fresh ||
		    !alck_binding_each(m, 0, is_rebound, &l))
			continue;
		*r = (struct alck_rebound){m, l.tool, e, 0};
		return 1;
	}
	return 0;
}

/* ------------------------------------------------------------- by a tail call
 */

static int is_of(const struct alck_entry *e, uintptr_t value)
{
	return value == e->address || value == (uintptr_t)e->real ||
	       value == alck_entry_function(e) || value == alck_entry_thunk(e);
}

/* Does E's address stand at AT, or where what stands there leads to? */
static int holds(const struct alck_entry *e, uintptr_t at)
{
	uintptr_t value, next;

	return !alck_sys_peek(&value, (const void *)at, sizeof(value)) &&
	       (is_of(e, value) ||
		(!alck_sys_peek(&next, (const void *)value, sizeof(next)) &&
		 is_of(e, next)));
}

/* Does the function at AT read where E is, and leave by a jump to who knows
 * where?  The tool may go at any time: its code is read with care. */
static int leaves_to(const struct alck_entry *e, uintptr_t at)
{
	unsigned char code[ALCK_INSN_MAX];
	struct alck_insn insn;
	int reads = 0;

	for (int i = 0; i < TAIL_INSNS; i++) {
		if (alck_sys_peek(code, (const void *)at, sizeof(code)) ||
		    alck_insn_decode(code, sizeof(code), at, &insn))
			return 0;
		reads |= insn.relative && !insn.leads && holds(e, insn.target);
		if (insn.kind == ALCK_INSN_RETURN ||
		    insn.kind == ALCK_INSN_STOP)
			return 0;
		if (insn.kind == ALCK_INSN_JUMP && !insn.leads)
			return reads;
		at = insn.kind == ALCK_INSN_JUMP ? insn.target
						 : at + insn.length;
	}
	return 0;
}

static int find_tail(const struct alck_entry *e, uintptr_t pc,
		     struct alck_rebound *r)
{
	const struct alck_module *m = alck_module_at(pc);
	struct look l = {NULL, e, 0};

	if (!m || m->is_self || m->is_libc || m->fresh ||
	    !alck_binding_each(m, 0, is_rebound, &l) || !leaves_to(e, l.value))
		return 0;
	*r = (struct alck_rebound){m, l.tool, e, 1};
	return 1;
}

int alck_rebound_find(const struct alck_entry *e, uintptr_t pc,
		      struct alck_rebound *r)
{
	return find_frame(e, pc, r) || find_tail(e, pc, r);
}
