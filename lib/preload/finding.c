/* SPDX-License-Identifier: MIT */
/* Findings, inside the process: see finding.h.  Signal-safe. */
#include "contract/verdict.h"
#include "preload/abort.h"
#include "preload/capture.h"
#include "preload/cpus.h"
#include "preload/events.h"
#include "preload/fault.h"
#include "preload/finding.h"
#include "preload/forks.h"
#include "preload/hiding.h"
#include "preload/recorder.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/suppress.h"
#include "preload/sys.h"
#include "preload/text.h"

/* Distinct findings; a process with more has other troubles. */
#define FINDINGS_MAX 2048

struct known {
	uint64_t key; /* 0: free */
	uint64_t count;
	uint32_t id;
	int16_t action; /* enum alck_action; good once there is an ID */
	uint8_t is_error;
};

static struct known known[FINDINGS_MAX];
static uint32_t nknown;
static uint64_t unrecorded, errors;

uint64_t alck_findings_unrecorded(void)
{
	return __atomic_load_n(&unrecorded, __ATOMIC_RELAXED);
}

uint64_t alck_findings_errors(void)
{
	return __atomic_load_n(&errors, __ATOMIC_RELAXED);
}

void alck_findings_each(void (*visit)(uint32_t id, uint64_t count))
{
	for (uint32_t i = 0; i < FINDINGS_MAX; i++)
		if (known[i].key && known[i].id)
			visit(known[i].id, known[i].count);
}

static void forget(void)
{
	for (uint32_t i = 0; i < FINDINGS_MAX; i++)
		known[i] = (struct known){0};
	nknown = 0;
	unrecorded = 0;
	errors = 0;
}

/* Where KEY is kept, entered if it is new (*IS_NEW); NULL when there is no
 * room. */
static struct known *find_known(uint64_t key, int *is_new)
{
	key |= 1;
	for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
		struct known *k = &known[(key / 2 + i) % FINDINGS_MAX];
		uint64_t free_slot = 0;

		*is_new = 0;
		if (__atomic_load_n(&k->key, __ATOMIC_ACQUIRE) == key)
			return k;
		if (__atomic_compare_exchange_n(&k->key, &free_slot, key, 0,
						__ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			*is_new = 1;
			return k;
		}
		if (free_slot == key)
			return k;
	}
	return NULL;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	for (; s && *s; s++)
		h = mix(h, (unsigned char)*s);
	return h;
}

/* ----------------------------------------------------------- gathering proof
 */

static int is_free_shape(const struct alck_entry *e)
{
	return e->shape == ALCK_FREE || e->shape == ALCK_FREE_SIZED ||
	       e->shape == ALCK_REALLOC;
}

static void read_contexts(struct alck_fault *f)
{
	struct alck_context c;

	if (!f->block || alck_depot_context_get(f->block->context, &c))
		return;
	if (f->block->freed && c.previous &&
	    is_free_shape(&alck_entries[c.entry])) {
		f->freed = c;
		if (alck_depot_context_get(c.previous, &f->alloc))
			f->alloc.entry = 0;
	} else {
		f->alloc = c;
	}
}

static void fill_side(struct alck_side *side, const struct alck_entry *e,
		      const struct alck_provider *p)
{
	const struct alck_entry *global =
		e->standard >= 0 ? alck_global[e->standard] : NULL;

	side->family = p->family;
	side->provider = p->id;
	side->name_space = p->module->name_space;
	side->late = p->late;
	side->unloaded = p->retired || p->module->retired;
	side->api = e->api;
	side->standard = e->standard >= 0;
	side->global = global ? global->provider->id : 0;
	side->is_private = (e->reach & ALCK_PRIVATE) != 0;
	side->is_linked = (e->reach & ALCK_LINKED) != 0;
}

/* Is this the side whose allocator is an object's own? */
static int private_of(const struct alck_side *side)
{
	return side->is_private ||
	       (side->is_linked && side->global != side->provider);
}

static int provider_of_standard(int place)
{
	return alck_global[place] ? alck_global[place]->provider->id : 0;
}

static void judge_cross(struct alck_fault *f)
{
	const struct alck_provider *owner = alck_provider(f->block->owner);
	/* Without a context, what is known is that the owner allocated it. */
	const struct alck_entry *alloc =
		f->alloc.entry ? &alck_entries[f->alloc.entry] : owner->alloc;
	const struct alck_module *caller;
	struct alck_facts facts = {0};
	uintptr_t pc = 0;

	if (!alloc)
		alloc = f->entry;
	fill_side(&facts.alloc, alloc, owner);
	fill_side(&facts.free, f->entry, f->entry->provider);
	facts.global_malloc = provider_of_standard(ALCK_STANDARD_MALLOC);
	facts.global_free = provider_of_standard(ALCK_STANDARD_FREE);
	facts.via = f->via;
	facts.free_tolerates = (f->entry->flags & ALCK_TOLERATES) != 0;
	facts.free_is_query = f->entry->shape == ALCK_QUERY;
	facts.same_name = alck_text_equal(
		alck_text_base(owner->module->path),
		alck_text_base(f->entry->provider->module->path));
	facts.free.deep =
		alck_binding_deep(f->entry, f->frame->pc, &f->deep_free);
	if (facts.free.deep)
		f->deep_entry = f->entry;
	if (f->alloc.stack && alck_depot_stack_get(f->alloc.stack, &pc, 1)) {
		caller = alck_module_at(pc);
		facts.alloc.caller_is_libc = caller && caller->is_libc;
		facts.alloc.deep = alck_binding_deep(alloc, pc, &f->deep_alloc);
		if (facts.alloc.deep && !facts.free.deep)
			f->deep_entry = alloc;
	}
	facts.rebound =
		alck_rebound_find(f->entry, f->frame->pc, &f->rebound) ||
		(pc && alck_rebound_find(alloc, pc, &f->rebound));
	f->code = alck_verdict(&facts);
	if (f->code == ALCK_T17)
		alck_provider(owner->id)->missed = 1;
	if (f->code == ALCK_T2 || f->code == ALCK_T3)
		f->private = private_of(&facts.alloc) ? owner->id
						      : f->entry->provider->id;
}

/* --------------------------------------------------------------- the pipeline
 */

static void put_count(struct alck_thread *t, uint32_t id, uint64_t count)
{
	struct alck_record_writer *w =
		alck_recorder_begin(t, ALCK_RECORD_COUNT);

	if (!w)
		return;
	alck_record_uint(w, ALCK_FIELD_ID, id);
	alck_record_uint(w, ALCK_FIELD_COUNT, count);
	alck_recorder_end(t, w);
}

/* What becomes of the block where the program goes on. */
static enum alck_action action_for(enum alck_code code,
				   enum alck_verdict_kind kind)
{
	static const enum alck_action dispatched[] = {
		[ALCK_DISPATCH_OWNER] = ALCK_ACTION_OWNER,
		[ALCK_DISPATCH_LEAK] = ALCK_ACTION_LEAK,
		[ALCK_DISPATCH_CALLER] = ALCK_ACTION_CALLER,
	};

	/* Rescued blocks go to their owner from us: entries.c, rescue. */
	if (code == ALCK_T12 &&
	    alck_runtime.options.dispatch != ALCK_DISPATCH_CALLER)
		return ALCK_ACTION_OWNER;
	if (alck_finding_rows[code].severity != ALCK_SEVERITY_ERROR)
		return ALCK_ACTION_CALLER;
	if (code == ALCK_T20) /* it is the right allocator */
		return ALCK_ACTION_CALLER;
	/* What was freed before, or never allocated, nobody owns; of T17 the
	 * owner is gone, and who nobody knows cannot be given it back. */
	if ((code == ALCK_T22 || code == ALCK_T17 ||
	     kind == ALCK_VERDICT_BAD_FREE) &&
	    alck_runtime.options.dispatch == ALCK_DISPATCH_OWNER)
		return ALCK_ACTION_LEAK;
	return dispatched[alck_runtime.options.dispatch];
}

/* Is the program stopped for F?  Not for what is suppressed, whose PLACE is
 * noted then; nor is that printed. */
static enum alck_action decide(struct alck_fault *f,
			       char place[ALCK_SUPPRESS_PLACE])
{
	int stops =
		alck_finding_rows[f->code].severity == ALCK_SEVERITY_ERROR &&
		alck_runtime.options.on_error == ALCK_ON_ERROR_ABORT;

	if (f->entry && (stops || alck_runtime.options.stderr))
		f->suppressed = alck_suppress_find(f, place);
	if (stops && !f->suppressed)
		return ALCK_ACTION_ABORT;
	if (stops)
		f->spared = place;
	return action_for(f->code, f->kind);
}

/* Counts are written at every power of two, so that they survive roughly
 * whatever happens, and exactly at exit. */
static int is_milestone(uint64_t count)
{
	return (count & (count - 1)) == 0;
}

/* A forked child begins with no findings of its own. */
static void check_fork(void)
{
	static int owner;
	int pid = alck_thread_process(&alck_thread);

	if (owner == pid)
		return;
	if (owner)
		forget();
	owner = pid;
}

/* The same finding again has the same key. */
static uint64_t key_of_notice(const struct alck_notice *n)
{
	uint64_t key = mix((uint64_t)n->kind, n->provider->id);

	key = mix(key, n->variant);
	return mix(key, n->object ? n->object->id + 1 : 0);
}

static uint64_t key_of_call(struct alck_thread *t, struct alck_fault *f)
{
	uint64_t key;

	f->stack = alck_capture_stack(t, f->frame);
	key = mix(f->kind, f->entry->id);
	key = mix(key, f->stack);
	key = mix(key, (uint64_t)f->via);
	key = mix_text(mix_text(key, f->child), f->lost);
	if (f->block) {
		key = mix(key, f->block->owner);
		read_contexts(f);
		key = mix(key, (uint64_t)f->alloc.stack << 16 | f->alloc.entry);
		key = mix(key, f->freed.stack);
	}
	return key;
}

/* Has the program asked for it (alloccheck_expect)?  Then it is counted. */
static int is_expected(struct alck_thread *t, struct alck_fault *f)
{
	if (f->kind == ALCK_VERDICT_CROSS_ALLOCATOR)
		judge_cross(f);
	if (f->notice ||
	    (t->expect[0] &&
	     !alck_text_equal(t->expect, alck_finding_rows[f->code].code)))
		return 0;
	t->expected++;
	return 1;
}

static int is_counted(const struct alck_fault *f)
{
	return alck_finding_rows[f->code].severity == ALCK_SEVERITY_ERROR &&
	       !f->suppressed;
}

static enum alck_action process(struct alck_fault *f)
{
	struct alck_thread *t = &alck_thread;
	char place[ALCK_SUPPRESS_PLACE];
	enum alck_action action;
	struct known *k;
	uint64_t key, count;
	int is_new, is_error, written = 0;
	uint32_t id;

	check_fork();
	alck_cpus_look();
	key = f->notice ? key_of_notice(f->notice) : key_of_call(t, f);
	if (t->expect && is_expected(t, f))
		return action_for(f->code, f->kind);
	k = find_known(key, &is_new);
	if (k && !is_new) {
		count = __atomic_add_fetch(&k->count, 1, __ATOMIC_RELAXED);
		id = __atomic_load_n(&k->id, __ATOMIC_ACQUIRE);
		if (id && is_milestone(count))
			put_count(t, id, count);
		if (id && k->is_error)
			__atomic_fetch_add(&errors, 1, __ATOMIC_RELAXED);
		if (id)
			return (enum alck_action)k->action;
	}
	if (f->kind == ALCK_VERDICT_CROSS_ALLOCATOR)
		judge_cross(f);
	action = decide(f, place);
	is_error = is_counted(f);
	__atomic_fetch_add(&errors, (uint64_t)is_error, __ATOMIC_RELAXED);
	/* Another thread is writing the same. */
	if (k && !is_new)
		return action;
	if (k) {
		id = __atomic_add_fetch(&nknown, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&k->count, 1, __ATOMIC_RELAXED);
		k->action = (int16_t)action;
		k->is_error = (uint8_t)is_error;
		written = !alck_fault_put(t, f, id, action);
		__atomic_store_n(&k->id, id, __ATOMIC_RELEASE);
	}
	if (!written)
		__atomic_fetch_add(&unrecorded, 1, __ATOMIC_RELAXED);
	if (!written || action == ALCK_ACTION_ABORT ||
	    (alck_runtime.options.stderr && !f->suppressed))
		alck_fault_say(f);
	if (action == ALCK_ACTION_ABORT)
		alck_abort();
	return action;
}

/* BLOCK, which IS says belongs to another provider, reached E; by a malloc hook
 * as VIA says. */
static enum alck_action crossing(struct alck_entry *e, uintptr_t block,
				 const struct alck_block *is,
				 const struct alck_frame *frame, int via)
{
	struct alck_fault f = {.entry = e,
			       .pointer = block,
			       .block = is,
			       .frame = frame,
			       .via = via,
			       .kind = ALCK_VERDICT_CROSS_ALLOCATOR};

	/* At once: the window may be over when the finding is written. */
	if (via == ALCK_VIA_WINDOW)
		alck_fork_under_way(&f.fork_thread, &f.fork_since);
	return process(&f);
}

enum alck_action alck_finding_misplaced(struct alck_entry *e, uintptr_t block,
					const struct alck_block *is,
					const struct alck_frame *frame)
{
	return crossing(e, block, is, frame, ALCK_VIA_NO_HOOK);
}

enum alck_action alck_finding_hooked(struct alck_entry *e, uintptr_t block,
				     const struct alck_block *is,
				     const struct alck_frame *frame)
{
	return crossing(e, block, is, frame, ALCK_VIA_WINDOW);
}

void alck_finding_rescued(struct alck_entry *e, uintptr_t block,
			  const struct alck_block *is,
			  const struct alck_frame *frame)
{
	crossing(e, block, is, frame, ALCK_VIA_RESCUE);
}

void alck_finding_tolerated(struct alck_entry *e, uintptr_t block,
			    const struct alck_block *is,
			    const struct alck_frame *frame)
{
	crossing(e, block, is, frame, ALCK_VIA_NO_HOOK);
}

void alck_finding_mismatch(struct alck_entry *e, uintptr_t block,
			   const struct alck_block *was, uint64_t given,
			   const struct alck_frame *frame)
{
	struct alck_fault f = {.entry = e,
			       .pointer = block,
			       .block = was,
			       .frame = frame,
			       .given = given,
			       .kind = ALCK_VERDICT_ALLOC_DEALLOC_MISMATCH,
			       .code = ALCK_T20};

	process(&f);
}

enum alck_action alck_finding_repeated(struct alck_entry *e, uintptr_t block,
				       const struct alck_block *was,
				       const struct alck_frame *frame)
{
	struct alck_fault f = {.entry = e,
			       .pointer = block,
			       .block = was,
			       .frame = frame,
			       .kind = ALCK_VERDICT_DOUBLE_FREE,
			       .code = ALCK_T22};

	return process(&f);
}

enum alck_action alck_finding_wild(struct alck_entry *e, uintptr_t block,
				   const struct alck_frame *frame)
{
	struct alck_fault f = {.entry = e,
			       .pointer = block,
			       .frame = frame,
			       .kind = ALCK_VERDICT_BAD_FREE,
			       .code = ALCK_T22};

	struct alck_module *hidden = NULL;

	f.wild = alck_wild_kind(block, frame, &f.inside);
	if (f.wild == ALCK_WILD_NO)
		hidden = alck_wild_hidden(block, e->provider);
	if (hidden) {
		alck_hiding_found(hidden);
		f.hidden = hidden;
		f.wild = ALCK_WILD_HIDDEN;
		f.code = ALCK_T3;
	}
	return process(&f);
}

void alck_finding_notice(const struct alck_notice *n)
{
	struct alck_fault f = {.notice = n, .code = n->code, .kind = n->kind};

	process(&f);
}

static void note_satellite(const struct alck_entry *e)
{
	char line[256];
	struct alck_text t;

	alck_text_begin(&t, line, sizeof(line));
	alck_text_add(&t, e->name);
	alck_text_add(&t, "() of ");
	alck_text_add(&t, alck_text_base(e->provider->module->path));
	alck_event_note("satellite", line);
}

void alck_finding_satellite(const struct alck_entry *e,
			    const struct alck_frame *frame)
{
	const struct alck_entry *global = alck_global[ALCK_STANDARD_MALLOC];
	struct alck_fault f = {.entry = (struct alck_entry *)(uintptr_t)e,
			       .frame = frame,
			       .code = ALCK_T14,
			       .kind = ALCK_VERDICT_SATELLITE_CALL};

	if (!global || global->provider == e->provider ||
	    global->provider->module->name_space !=
		    e->provider->module->name_space)
		return;
	note_satellite(e);
	process(&f);
}

void alck_finding_lost(const struct alck_entry *e, const char *path,
		       const char *why, const struct alck_frame *frame)
{
	struct alck_fault f = {.entry = (struct alck_entry *)(uintptr_t)e,
			       .frame = frame,
			       .child = path,
			       .lost = why,
			       .code = ALCK_T16,
			       .kind = ALCK_VERDICT_LOST_CHILD};

	process(&f);
}
