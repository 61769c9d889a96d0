/* SPDX-License-Identifier: MIT */
/* Calls that no slot leads: see direct.h. */
#include <sys/prctl.h>

#include "preload/detour.h"
#include "preload/direct.h"
#include "preload/entries.h"
#include "preload/insn.h"
#include "preload/proc-status.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define COVERAGE_SIZE 1024
#define NAMED_MAX     8 /* entries that are left alone, by name */

/* The entries of one provider, by function. */
struct batch {
	struct alck_detour detour[ALCK_DETOURS_MAX];
	unsigned int n;
	unsigned int left_over; /* functions for which there was no room */
};

static struct batch batch;

/* Does M's code at AT (a byte that may begin a call or a jump) lead to one of
 * its provider's entries?  Then its calls of it are bound: by
 * -Bsymbolic-functions, of which nothing is left to be read. */
static void note_linked(const struct alck_module *m, uintptr_t at)
{
	const unsigned char *p = (const unsigned char *)at;
	struct alck_entry *e;
	struct alck_insn insn;

	if (alck_insn_decode(p, ALCK_INSN_MAX, at, &insn) || !insn.leads)
		return;
	e = alck_entry_by_real(insn.target, NULL);
	if (e && e->provider && e->provider->module == m)
		e->reach |= ALCK_LINKED;
}

/* Is P's object more than an allocator, so that it may call its own?  A library
 * that was there from the start and has the names of a known one is not looked
 * through for it: the larger ones would take too long. */
static int is_mixed(const struct alck_provider *p)
{
	return !p->module->is_program &&
	       (p->late || (p->family->flags & ALCK_UNPROVEN));
}

/* Looks through the code of P's object. */
static void find_linked(const struct alck_provider *p)
{
	const struct alck_module *m = p->module;

	for (uint32_t i = 0; i < m->nphdr; i++) {
		const ElfW(Phdr) *ph = &m->phdr[i];
		uintptr_t at = m->bias + ph->p_vaddr, end = at + ph->p_filesz;

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X) ||
		    !(ph->p_flags & PF_R))
			continue;
		for (; at + ALCK_INSN_MAX < end; at++)
			if (alck_insn_may_lead((const unsigned char *)at))
				note_linked(m, at);
	}
}

/* Can it be called by no slot? */
static int is_direct(const struct alck_entry *e)
{
	return e->provider->module->is_program ||
	       (e->reach & (ALCK_PRIVATE | ALCK_LINKED));
}

/* Which of the names at one address a call of it is taken for: a standard one
 * rather than the allocator's own, C before C++.  Rows come in that order. */
static int is_better(const struct alck_entry *e, const struct alck_entry *than)
{
	return e->standard >= 0 &&
	       (than->standard < 0 || e->standard < than->standard);
}

static struct alck_detour *find(uintptr_t function)
{
	for (unsigned int i = 0; i < batch.n; i++)
		if (batch.detour[i].function == function)
			return &batch.detour[i];
	return NULL;
}

static void collect(struct alck_entry *e, void *data)
{
	uintptr_t function = alck_entry_function(e);
	struct alck_detour *d = find(function);
	struct alck_entry *other;

	(void)data;
	if (!is_direct(e))
		return;
	if (!d) {
		if (batch.n == ALCK_DETOURS_MAX) {
			batch.left_over++;
			return;
		}
		batch.detour[batch.n++] = (struct alck_detour){
			.function = function,
			.size = e->length,
			.to = alck_entry_thunk(e),
		};
		return;
	}
	other = alck_entry_by_address(d->to);
	if (other->api != e->api) {
		e->reach |= ALCK_AMBIGUOUS;
		other->reach |= ALCK_AMBIGUOUS;
	}
	if (is_better(e, other))
		d->to = alck_entry_thunk(e);
}

/* E is called by way of its moved instructions from now on. */
static void turn(struct alck_entry *e, void *data)
{
	const struct alck_detour *d = find(alck_entry_function(e));

	(void)data;
	if (!d || !d->moved)
		return;
	e->address = d->function;
	e->reach |= ALCK_DETOURED;
	__atomic_store_n((uintptr_t *)&e->real, d->moved, __ATOMIC_RELEASE);
	alck_interposer_follow(e);
}

static void turn_back(struct alck_entry *e, void *data)
{
	const struct alck_detour *d;

	(void)data;
	if (!(e->reach & ALCK_DETOURED))
		return;
	d = find(e->address);
	if (d && d->refused)
		alck_entry_undetour(e, d->function);
}

static long filters_now(void)
{
	long n = alck_proc_status("Seccomp_filters");

	/* Kernels before 5.9 do not count them. */
	return n < 0 ? alck_proc_status("Seccomp") : n;
}

/* System call filters, at the first call: those that the program was started
 * under have let us change code, or have refused it with an error. */
static long filters_at_start(void)
{
	static long filters = -1;

	if (filters < 0)
		filters = alck_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0)
				  ? filters_now()
				  : 0;
	return filters;
}

/* Why there can be no detours in P at all, or NULL. */
static const char *forbidden(const struct alck_provider *p)
{
	if (!alck_runtime.options.detours)
		return "detours=0";
	if (p->module->textrel)
		return "its code is relocated where it stands";
	/* gdb puts its breakpoints where it thinks a function's first
	 * instructions end. */
	if (alck_is_traced())
		return "a debugger is attached";
	/* A program that restricts itself may have itself killed for making
	 * memory executable. */
	if (filters_now() > filters_at_start())
		return "the program has restricted its own system calls";
	return NULL;
}

static void name_refused(struct alck_text *t)
{
	unsigned int named = 0;

	for (unsigned int i = 0; i < batch.n; i++) {
		const struct alck_detour *d = &batch.detour[i];
		const struct alck_entry *e;

		if (!d->refused)
			continue;
		if (named++ == NAMED_MAX) {
			alck_text_add(t, ", ...");
			return;
		}
		e = alck_entry_by_real(d->function, NULL);
		alck_text_add(t, named == 1 ? ": " : ", ");
		alck_text_add(t, e ? e->name : "?");
		alck_text_add(t, " (");
		alck_text_add(t, d->refused);
		alck_text_add(t, ")");
	}
}

static int is_one_of_several(const struct alck_provider *p)
{
	const struct alck_provider *first = alck_provider_of(p->module);

	return first != p || alck_provider_beside(first);
}

/* What the report says of P: its entries, and which calls are not seen. */
static void describe(struct alck_provider *p, const char *none)
{
	char line[COVERAGE_SIZE];
	unsigned int refused = 0;
	struct alck_text t;

	for (unsigned int i = 0; i < batch.n; i++)
		refused += batch.detour[i].refused != NULL;
	p->is_part = none || refused || batch.left_over;
	alck_text_begin(&t, line, sizeof(line));
	if (is_one_of_several(p)) {
		alck_text_add(&t, p->family->title);
		alck_text_add(&t, ": ");
	}
	alck_text_add(&t, p->module->is_program ? "linked into the program; "
			  : alck_entry_named(p, "free") &&
					  (alck_entry_named(p, "free")->reach &
					   ALCK_PRIVATE)
				  ? "a copy of its own, not exported; "
				  : "called without the loader's binding; ");
	if (none) {
		alck_text_add(&t, "its own calls go to it directly and are not "
				  "seen: ");
		alck_text_add(&t, none);
	} else {
		alck_text_add(&t, "detours in ");
		alck_text_add_number(&t, batch.n - refused);
		alck_text_add(&t, " of ");
		alck_text_add_number(&t, batch.n + batch.left_over);
		alck_text_add(&t, " entry points");
		if (refused)
			alck_text_add(&t, "; direct calls are not seen of");
		name_refused(&t);
	}
	p->coverage = alck_keep_text(line);
}

static void watch(struct alck_provider *p, int quiet)
{
	const char *none;

	batch.n = batch.left_over = 0;
	if (p->module->is_libc ||
	    (p->family->flags & (ALCK_LOADER | ALCK_FORWARDER)))
		return;
	if (is_mixed(p) && !p->module->symbolic)
		find_linked(p);
	alck_entries_each(p, collect, NULL);
	if (!batch.n)
		return;
	none = forbidden(p);
	if (!none)
		none = alck_detour_prepare(p->module, batch.detour, batch.n,
					   quiet);
	if (!none) {
		alck_entries_each(p, turn, NULL);
		alck_detour_commit(p->module, batch.detour, batch.n);
		alck_entries_each(p, turn_back, NULL);
	}
	describe(p, none);
}

/* Where calls of one go by unseen, what it calls in the other looks like that
 * one's own doing: then they are not told apart by who gets whose blocks. */
static void trust_each_other(struct alck_provider *p)
{
	struct alck_provider *other;
	int is_part = p->is_part;

	for (other = p; (other = alck_provider_beside(other));) {
		if (!is_part && !other->is_part)
			continue;
		p->forwards |= 1u << other->id;
		other->forwards |= 1u << p->id;
	}
}

void alck_direct_watch(const struct alck_module *m, int quiet)
{
	struct alck_provider *p;

	filters_at_start();
	for (p = alck_provider_of(m); p; p = alck_provider_beside(p))
		watch(p, quiet);
	for (p = alck_provider_of(m); p; p = alck_provider_beside(p))
		trust_each_other(p);
}
