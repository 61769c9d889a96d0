/* SPDX-License-Identifier: MIT */
/* glibc's malloc hooks: see hooks.h.  Signal-safe. */
#include "preload/binding.h"
#include "preload/events.h"
#include "preload/hooks.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

static const char *const names[ALCK_HOOKS] = {
	[ALCK_HOOK_MALLOC] = "__malloc_hook",
	[ALCK_HOOK_REALLOC] = "__realloc_hook",
	[ALCK_HOOK_MEMALIGN] = "__memalign_hook",
	[ALCK_HOOK_FREE] = "__free_hook",
};

/* Of one provider that reads hooks.  There are two at most in a namespace:
 * libc, and libc_malloc_debug. */
struct alck_hook_slots {
	/* The provider's own slot, which holds the variable's address. */
	uintptr_t *slot[ALCK_HOOKS];
	uintptr_t seen[ALCK_HOOKS]; /* last value noted */
	uint32_t led_to; /* bit N: the free hook has led to provider N */
};

static int find_slot(const struct alck_module *m, uintptr_t *slot,
		     const char *name, void *data)
{
	struct alck_hook_slots *slots = data;

	(void)m;
	for (int i = 0; name && i < ALCK_HOOKS; i++)
		if (!slots->slot[i] && alck_text_equal(name, names[i]))
			slots->slot[i] = slot;
	return 0;
}

void alck_hooks_find(struct alck_provider *p)
{
	struct alck_hook_slots found = {0}, *kept;

	p->hooks = NULL;
	if (!p->module->is_libc &&
	    !alck_text_equal(p->family->name, "glibc-malloc-debug"))
		return;
	alck_binding_each(p->module, 0, find_slot, &found);
	if (!found.slot[ALCK_HOOK_FREE])
		return;
	kept = alck_keep(sizeof(*kept));
	if (!kept)
		return;
	*kept = found;
	p->hooks = kept;
}

static uintptr_t value_of(const struct alck_hook_slots *slots, int hook)
{
	const uintptr_t *variable;

	if (!slots->slot[hook])
		return 0;
	variable = (const uintptr_t *)*slots->slot[hook];
	return variable ? __atomic_load_n(variable, __ATOMIC_RELAXED) : 0;
}

enum alck_hook_target alck_hook_target(const struct alck_provider *p,
				       enum alck_hook hook,
				       const struct alck_provider **to)
{
	const struct alck_module *m;
	const struct alck_entry *e;
	uintptr_t value;

	value = p->hooks ? value_of(p->hooks, hook) : 0;
	if (!value)
		return ALCK_HOOK_NONE;
	e = alck_entry_by_address(value);
	if (!e)
		e = alck_entry_by_real(value, NULL);
	if (e && e->provider) {
		*to = e->provider;
		/* Its own function, set by itself, leads nowhere else. */
		return e->provider == p ? ALCK_HOOK_NONE : ALCK_HOOK_ENTRY;
	}
	m = alck_module_at(value);
	if (m == p->module)
		return ALCK_HOOK_WINDOW;
	*to = m ? alck_provider_of(m) : NULL;
	return *to ? ALCK_HOOK_PROVIDER : ALCK_HOOK_UNKNOWN;
}

static void add_target(struct alck_text *t, uintptr_t value)
{
	const struct alck_module *m = alck_module_at(value);
	const struct alck_entry *e = alck_entry_by_address(value);

	if (!value) {
		alck_text_add(t, "NULL");
	} else if (e && e->provider) {
		alck_text_add(t, e->name);
		alck_text_add(t, " of ");
		alck_text_add(t, alck_text_base(e->provider->module->path));
	} else if (m) {
		alck_text_add(t, alck_text_base(m->path));
		alck_text_add(t, "+");
		alck_text_add_hex(t, value - m->bias);
	} else {
		alck_text_add_hex(t, value);
	}
}

int alck_hook_owner(const struct alck_provider *p, enum alck_shape shape,
		    uint32_t *owner)
{
	enum alck_hook hook = shape == ALCK_REALLOC	    ? ALCK_HOOK_REALLOC
			      : shape == ALCK_ALLOC_ALIGNED ? ALCK_HOOK_MEMALIGN
			      : shape == ALCK_ALLOC_OUT	    ? ALCK_HOOK_MEMALIGN
							    : ALCK_HOOK_MALLOC;
	const struct alck_provider *to = NULL;

	switch (alck_hook_target(p, hook, &to)) {
	case ALCK_HOOK_PROVIDER:
		*owner = to->id;
		return 1;
	case ALCK_HOOK_UNKNOWN:
		return 0;
	default:
		*owner = p->id;
		return 1;
	}
}

int alck_hooks_let_allocate(const struct alck_hook_slots *slots)
{
	return !value_of(slots, ALCK_HOOK_MALLOC) &&
	       value_of(slots, ALCK_HOOK_FREE) == slots->seen[ALCK_HOOK_FREE];
}

int alck_hooks_let_free(const struct alck_hook_slots *slots)
{
	return !value_of(slots, ALCK_HOOK_FREE) &&
	       !value_of(slots, ALCK_HOOK_REALLOC) &&
	       !slots->seen[ALCK_HOOK_FREE];
}

int alck_hooks_idle(const struct alck_provider *p)
{
	return alck_hooks_let_free(p->hooks);
}

int alck_hook_led_to(const struct alck_provider *p, uint32_t owner)
{
	return p->hooks && (p->hooks->led_to >> owner & 1);
}

/* PC: what follows the store that changed the hook; 0: not known. */
static void note_change(const struct alck_provider *p, int hook, uintptr_t old,
			uintptr_t now, uintptr_t pc)
{
	char text[512];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, names[hook]);
	alck_text_add(&t, " of ");
	alck_text_add(&t, alck_text_base(p->module->path));
	alck_text_add(&t, ": ");
	if (old != now) {
		alck_text_add(&t, "from ");
		add_target(&t, old);
		alck_text_add(&t, " to ");
	}
	add_target(&t, now);
	if (pc) {
		alck_text_add(&t, ", written by ");
		add_target(&t, pc);
	}
	alck_event_note("hook", text);
}

/* Threads that have seen a change and are about to note it. */
static int noting;

void alck_hooks_settle(void)
{
	const long nap[2] = {0, 20000};

	for (int i = 0; i < 50; i++) {
		if (!__atomic_load_n(&noting, __ATOMIC_ACQUIRE))
			return;
		alck_syscall(SYS_nanosleep, (long)nap, 0, 0, 0, 0, 0);
	}
}

/* PC: what follows the store that wrote the hook WRITTEN; 0: none is known. */
static void sample(const struct alck_provider *p, int written, uintptr_t pc)
{
	struct alck_hook_slots *slots = p->hooks;
	const struct alck_provider *to = NULL;

	if (alck_hook_target(p, ALCK_HOOK_FREE, &to) != ALCK_HOOK_NONE && to)
		slots->led_to |= 1u << to->id;
	for (int i = 0; i < ALCK_HOOKS; i++) {
		uintptr_t now = value_of(slots, i);
		uintptr_t old = slots->seen[i];
		int is_written = pc && i == written;

		if (now == old && !is_written)
			continue;
		__atomic_fetch_add(&noting, 1, __ATOMIC_ACQUIRE);
		/* Another thread's sample may have been quicker to see what
		 * was written here, but does not know by whom. */
		if ((now != old &&
		     __atomic_compare_exchange_n(&slots->seen[i], &old, now, 0,
						 __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED)) ||
		    is_written)
			note_change(p, i, old, now, is_written ? pc : 0);
		__atomic_fetch_sub(&noting, 1, __ATOMIC_RELEASE);
	}
}

void alck_hooks_sample(const struct alck_provider *p)
{
	const struct alck_hook_slots *slots = p->hooks;

	if (value_of(slots, ALCK_HOOK_FREE) != slots->seen[ALCK_HOOK_FREE])
		sample(p, 0, 0);
}

void alck_hooks_written(const struct alck_provider *p, enum alck_hook hook,
			uintptr_t pc)
{
	sample(p, (int)hook, pc);
}

const uintptr_t *alck_hooks_variable(const struct alck_provider *p,
				     enum alck_hook hook)
{
	const uintptr_t *slot = p->hooks->slot[hook];

	return slot ? (const uintptr_t *)*slot : NULL;
}

const char *alck_hook_name(enum alck_hook hook)
{
	return names[hook];
}
