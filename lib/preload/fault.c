/* SPDX-License-Identifier: MIT */
/* A fault in writing: see fault.h.  Signal-safe. */
#include "preload/age-table.h"
#include "preload/fault.h"
#include "preload/host.h"
#include "preload/recorder.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

void alck_fault_put_stack(struct alck_record_writer *w, enum alck_field field,
			  uint32_t stack)
{
	uintptr_t pcs[ALCK_DEPOT_MAX_DEPTH];
	unsigned int n;

	n = alck_depot_stack_get(stack, pcs, ALCK_DEPOT_MAX_DEPTH);
	if (n)
		alck_record_words(w, field, (const uint64_t *)pcs, n);
}

/* Where another module has come to lie at an address of C's stack since. */
static void put_epoch(struct alck_record_writer *w, enum alck_field field,
		      const struct alck_context *c)
{
	uint64_t end = alck_modules_epoch_end(c->epoch);

	if (end != UINT64_MAX)
		alck_record_uint(w, field, end);
}

void alck_fault_put_alloc(struct alck_record_writer *w,
			  const struct alck_context *c)
{
	alck_record_text(w, ALCK_FIELD_ALLOC_API, alck_entries[c->entry].name);
	alck_record_uint(w, ALCK_FIELD_ALLOC_THREAD, c->thread);
	alck_fault_put_stack(w, ALCK_FIELD_ALLOC_STACK, c->stack);
	put_epoch(w, ALCK_FIELD_ALLOC_TIME, c);
}

static void put_load(struct alck_record_writer *w, const struct alck_module *m)
{
	struct alck_context load;

	if (!alck_depot_context_get(m->load_context, &load))
		alck_fault_put_stack(w, ALCK_FIELD_LOAD_STACK, load.stack);
}

static void put_object(struct alck_record_writer *w, const struct alck_fault *f)
{
	const struct alck_entry *e = f->deep_entry;
	const struct alck_deep *deep;

	if (f->code == ALCK_T18) {
		alck_record_uint(w, ALCK_FIELD_OBJECT, f->rebound.object->id);
		alck_record_text(w, ALCK_FIELD_OBJECT_API,
				 f->rebound.entry->name);
		alck_record_uint(w, ALCK_FIELD_REBINDER, f->rebound.tool->id);
		alck_record_uint(w, ALCK_FIELD_TAIL_CALL,
				 (uint64_t)f->rebound.tail_call);
		return;
	}
	if (!e)
		return;
	deep = e == f->entry ? &f->deep_free : &f->deep_alloc;
	alck_record_text(w, ALCK_FIELD_OBJECT_API, e->name);
	alck_record_uint(w, ALCK_FIELD_OBJECT_PROVIDER, e->provider->id);
	alck_record_uint(w, ALCK_FIELD_GLOBAL_PROVIDER,
			 alck_global[e->standard]->provider->id);
	if (!deep->module)
		return;
	alck_record_uint(w, ALCK_FIELD_OBJECT, deep->module->id);
	alck_record_uint(w, ALCK_FIELD_TAIL_CALL, (uint64_t)deep->tail_call);
	put_load(w, deep->module);
}

static void put_block(struct alck_record_writer *w, const struct alck_fault *f)
{
	const struct alck_block *b = f->block;
	uint64_t before, when;

	if (!b)
		return;
	alck_record_uint(w, ALCK_FIELD_OWNER, b->owner);
	if (b->size_exact)
		alck_record_uint(w, ALCK_FIELD_SIZE, b->size);
	if (f->given)
		alck_record_uint(w, ALCK_FIELD_GIVEN_SIZE, f->given);
	if (alck_age_get(f->pointer, &when))
		alck_record_uint(w, ALCK_FIELD_ALLOCATED, when);
	if (f->alloc.entry)
		alck_fault_put_alloc(w, &f->alloc);
	if (f->freed.entry) {
		alck_record_text(w, ALCK_FIELD_FREED_API,
				 alck_entries[f->freed.entry].name);
		alck_record_uint(w, ALCK_FIELD_FREED_THREAD, f->freed.thread);
		alck_fault_put_stack(w, ALCK_FIELD_FREED_STACK, f->freed.stack);
		put_epoch(w, ALCK_FIELD_FREED_TIME, &f->freed);
	}
	if (f->kind == ALCK_VERDICT_CROSS_ALLOCATOR &&
	    !alck_sys_peek(&before, (const void *)(f->pointer - 8), 8)) {
		alck_record_uint(w, ALCK_FIELD_WORD_BEFORE, before);
		if (alck_text_equal(f->entry->provider->family->name, "glibc"))
			alck_host_put_arena(w, f->pointer, before);
	}
}

static void put_wild(struct alck_record_writer *w, const struct alck_fault *f)
{
	static const char *const names[] = {
		[ALCK_WILD_NO] = NULL,	       [ALCK_WILD_STACK] = "stack",
		[ALCK_WILD_STATIC] = "static", [ALCK_WILD_INSIDE] = "inside",
		[ALCK_WILD_HIDDEN] = "hidden",
	};

	alck_record_text(w, ALCK_FIELD_WILD, names[f->wild]);
	if (f->wild == ALCK_WILD_INSIDE)
		alck_record_uint(w, ALCK_FIELD_INSIDE, f->inside);
	if (f->hidden)
		alck_record_uint(w, ALCK_FIELD_OBJECT, f->hidden->id);
}

static void put_late(struct alck_record_writer *w, const struct alck_fault *f)
{
	const struct alck_provider *owner;

	if (f->code != ALCK_T9)
		return;
	owner = alck_provider(f->block->owner);
	alck_record_uint(w, ALCK_FIELD_LATE,
			 f->entry->provider->late ? f->entry->provider->id
						  : owner->id);
}

/* Of a fork window: which thread is in fork, and for how long. */
static void put_fork(struct alck_record_writer *w, const struct alck_fault *f)
{
	if (f->code != ALCK_T13 || !f->fork_thread)
		return;
	alck_record_uint(w, ALCK_FIELD_FORK_THREAD, f->fork_thread);
	alck_record_uint(w, ALCK_FIELD_FORK_SINCE, f->fork_since);
}

static void put_call(struct alck_record_writer *w, const struct alck_fault *f,
		     enum alck_action action)
{
	alck_record_text(w, ALCK_FIELD_ACTION, alck_action_names[action]);
	alck_record_text(w, ALCK_FIELD_API, f->entry->name);
	if (f->entry->provider) {
		alck_record_uint(w, ALCK_FIELD_POINTER, f->pointer);
		alck_record_uint(w, ALCK_FIELD_FREER, f->entry->provider->id);
	}
	alck_record_text(w, ALCK_FIELD_CHILD, f->child);
	alck_record_text(w, ALCK_FIELD_LOST, f->lost);
	alck_fault_put_stack(w, ALCK_FIELD_STACK, f->stack);
	put_block(w, f);
	put_object(w, f);
	put_wild(w, f);
	put_late(w, f);
	put_fork(w, f);
	if (f->private)
		alck_record_uint(w, ALCK_FIELD_PRIVATE, f->private);
	alck_record_text(w, ALCK_FIELD_SPARED, f->spared);
	if (f->spared && f->suppressed == ALCK_FIT_MODULE)
		alck_record_uint(w, ALCK_FIELD_SPARED_BY_MODULE, 1);
}

static void put_notice(struct alck_record_writer *w,
		       const struct alck_notice *n)
{
	alck_record_uint(
		w, n->code == ALCK_T17b ? ALCK_FIELD_OWNER : ALCK_FIELD_FREER,
		n->provider->id);
	if (n->object) {
		alck_record_uint(w, ALCK_FIELD_OBJECT, n->object->id);
		put_load(w, n->object);
	}
	if (n->put)
		n->put(w, n->data);
}

int alck_fault_put(struct alck_thread *t, const struct alck_fault *f,
		   uint32_t id, enum alck_action action)
{
	const struct alck_finding_row *row = &alck_finding_rows[f->code];
	struct alck_record_writer *w = alck_recorder_begin(
		t, id == 1 ? ALCK_RECORD_HOST : ALCK_RECORD_FINDING);

	if (!w)
		return -1;
	if (id == 1) {
		alck_host_put(w);
		alck_recorder_next(w, ALCK_RECORD_FINDING);
	}
	alck_record_uint(w, ALCK_FIELD_ID, id);
	alck_record_uint(w, ALCK_FIELD_TIME, alck_time());
	alck_record_uint(w, ALCK_FIELD_THREAD, alck_thread_number(t));
	alck_record_text(w, ALCK_FIELD_CODE, row->code);
	alck_record_text(w, ALCK_FIELD_SLUG, row->slug);
	alck_record_text(w, ALCK_FIELD_SEVERITY,
			 alck_severity_names[row->severity]);
	alck_record_text(w, ALCK_FIELD_VERDICT, alck_verdict_names[f->kind]);
	if (f->notice)
		put_notice(w, f->notice);
	else
		put_call(w, f, action);
	return alck_recorder_end(t, w);
}

static void say_block(struct alck_text *t, const struct alck_fault *f)
{
	const struct alck_provider *owner =
		f->block ? alck_provider(f->block->owner) : NULL;

	if (f->kind == ALCK_VERDICT_DOUBLE_FREE)
		alck_text_add(t, "again ");
	if (owner) {
		alck_text_add(t, "of a ");
		alck_text_add(t, owner->family->name);
		alck_text_add(t, " block ");
	}
	alck_text_add_hex(t, f->pointer);
	alck_text_add(t, " reached ");
	alck_text_add(t, f->entry->provider->family->name);
}

static void say_child(struct alck_text *t, const struct alck_fault *f)
{
	alck_text_add(t, "of ");
	alck_text_add(t, f->child);
	alck_text_add(t, ", which is not observed: ");
	alck_text_add(t, f->lost);
}

static void say_process(struct alck_text *t)
{
	alck_text_add(t, " (process ");
	alck_text_add_number(t, (uint64_t)alck_sys_getpid());
	alck_text_add(t, ")\n");
	alck_say(t->buf);
}

void alck_fault_say(const struct alck_fault *f)
{
	const struct alck_finding_row *row = &alck_finding_rows[f->code];
	char line[1024];
	struct alck_text t;

	alck_text_begin(&t, line, sizeof(line) - 1);
	alck_text_add(&t, "alloccheck: ");
	alck_text_add(&t, alck_severity_names[row->severity]);
	alck_text_add(&t, " ");
	alck_text_add(&t, row->code);
	alck_text_add(&t, " ");
	alck_text_add(&t, row->slug);
	alck_text_add(&t, ": ");
	if (f->notice) {
		alck_text_add(&t, f->notice->provider->module->path);
		say_process(&t);
		return;
	}
	alck_text_add(&t, f->entry->name);
	alck_text_add(&t, "() ");
	if (f->entry->provider)
		say_block(&t, f);
	else
		say_child(&t, f);
	say_process(&t);
}
