/* SPDX-License-Identifier: MIT */
/* Whose a block is, and whether it came to the right entry: see judge.h. */
#include "preload/hooks.h"
#include "preload/judge.h"
#include "preload/page-table.h"
#include "preload/rebind.h"
#include "preload/runtime.h"
#include "preload/wild.h"

/* A provider with more unknown frees than this has blocks that come by unseen,
 * and each closer look takes up to 50 us. */
#define LOOK_CLOSER_MAX 1000

static uint64_t unknown_frees;

uint64_t alck_unknown_frees(void)
{
	return __atomic_load_n(&unknown_frees, __ATOMIC_RELAXED);
}

/* The judgement where E's provider reads malloc hooks and one is set.  Returns
 * 0 where the hook changes nothing. */
static int judge_hooked(const struct alck_entry *e, uintptr_t block,
			struct alck_block *was, enum alck_outcome *outcome)
{
	const struct alck_provider *p = e->provider, *to = NULL;
	enum alck_hook hook =
		e->shape == ALCK_REALLOC ? ALCK_HOOK_REALLOC : ALCK_HOOK_FREE;
	enum alck_hook_target target = alck_hook_target(p, hook, &to);
	int is_live;

	alck_hooks_sample(p);
	if (target == ALCK_HOOK_NONE)
		return 0;
	is_live = alck_table_lookup(block, was) == ALCK_LIVE;
	switch (target) {
	case ALCK_HOOK_ENTRY:
		*outcome = is_live && was->owner == to->id ? ALCK_RESCUED
							   : ALCK_THROUGH;
		return 1;
	case ALCK_HOOK_PROVIDER:
		/* Its entries are passed by, so nobody judges after us. */
		*outcome = !is_live		  ? ALCK_THROUGH
			   : was->owner == to->id ? ALCK_RESCUED
						  : ALCK_HOOKED;
		return 1;
	case ALCK_HOOK_WINDOW:
		/* realloc's may be its initialiser, which is no window. */
		if (hook != ALCK_HOOK_FREE || !is_live || was->owner == p->id)
			return 0;
		alck_hooks_settle();
		*outcome = ALCK_HOOKED;
		return 1;
	default:
		*outcome = ALCK_THROUGH;
		return 1;
	}
}

/* Was BLOCK, of WAS's owner, handed to us by the malloc hook of that owner, or
 * of a wrapper of libc's?  (A block that ptmalloc handed out while a fork had
 * changed the hooks.) */
static int came_by_hook(const struct alck_thread *t,
			const struct alck_block *was)
{
	const struct alck_provider *reader;

	if (!t->depth || !t->outer || !t->outer->provider ||
	    !t->outer->provider->hooks)
		return 0;
	reader = t->outer->provider;
	return reader->id == was->owner ||
	       alck_provider(was->owner)->module->is_libc;
}

/* What is BLOCK to the provider of E?  Takes it out of the table if it is its
 * own. */
enum alck_outcome alck_judge(struct alck_thread *t, const struct alck_entry *e,
			     uintptr_t block, struct alck_block *was)
{
	const struct alck_provider *p = e->provider;
	enum alck_outcome outcome;

	if (alck_unlikely(p->hooks != NULL) && !alck_hooks_idle(p) &&
	    judge_hooked(e, block, was, &outcome))
		return outcome;
	/* A page counts its blocks: the entry above has taken this one. */
	if (alck_by_page && t->depth && t->freeing == block &&
	    t->outer->provider == p) {
		*was = (struct alck_block){.live = 0};
		return ALCK_THROUGH;
	}
	switch (alck_table_take(block, p->id, was)) {
	case ALCK_REMOVED:
		if (t->freeing == block)
			t->freed = 1;
		return ALCK_OURS;
	case ALCK_LIVE: /* and another provider's */
		if (alck_provider_hands_on(p, was->owner) ||
		    (e->flags & ALCK_TOLERATES))
			return ALCK_THROUGH;
		return came_by_hook(t, was) || alck_hook_led_to(p, was->owner)
			       ? ALCK_HOOKED
			       : ALCK_MISPLACED;
	case ALCK_ALREADY_FREED:
		/* The entry under a wrapper is handed what the wrapper has
		 * taken out already.  An operator of the C++ runtime, with
		 * nobody above it, has taken out nothing. */
		if (t->depth && t->freeing == block &&
		    !(t->depth == 1 && t->outer->forwards))
			return ALCK_THROUGH;
		/* Where blocks of this provider come by unseen, this may be
		 * one of them. */
		if ((was->owner == p->id ||
		     alck_provider_forwards(p, was->owner)) &&
		    !p->unknown_frees && !alck_rebind_refused() &&
		    !alck_provider(was->owner)->has_more)
			return ALCK_REPEATED;
		return ALCK_UNSEEN;
	case ALCK_UNTRACKED:
		return ALCK_IS_UNTRACKED;
	default:
		if (block % 8 && p->odd)
			return ALCK_IS_UNTRACKED;
		return t->depth ? ALCK_THROUGH : ALCK_UNSEEN;
	}
}

/* A wrapper came back.  If no entry under it has taken the block out, the
 * wrapper did whatever it does with it unseen. */
void alck_judge_settle(uintptr_t block, const struct alck_block *was)
{
	struct alck_block now;

	if (alck_table_lookup(block, &now) == ALCK_LIVE &&
	    now.owner == was->owner && now.context == was->context)
		alck_table_remove(block, &now);
}

int alck_judge_is_inner(const struct alck_thread *t, const struct alck_entry *e,
			uintptr_t block, const struct alck_frame *frame)
{
	const struct alck_module *own = e->provider->module;

	return t->freeing == block && !own->is_libc && !own->is_program &&
	       alck_module_at(frame->pc) == own;
}

/* A block never seen: wild where that can be proven, else only counted. */
enum alck_outcome alck_judge_unseen(struct alck_entry *e, uintptr_t block,
				    const struct alck_frame *frame)
{
	if (e->provider->unknown_frees < LOOK_CLOSER_MAX &&
	    (alck_wild_kind(block, frame, NULL) != ALCK_WILD_NO ||
	     alck_wild_hidden(block, e->provider)))
		return ALCK_IS_WILD;
	__atomic_fetch_add(&unknown_frees, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&e->provider->unknown_frees, 1, __ATOMIC_RELAXED);
	return ALCK_UNSEEN;
}

/* Would OWNER's free hand a block of its own to somebody else? */
static int is_hooked(const struct alck_provider *owner)
{
	const struct alck_provider *to;
	enum alck_hook_target target =
		alck_hook_target(owner, ALCK_HOOK_FREE, &to);

	return target != ALCK_HOOK_NONE && target != ALCK_HOOK_WINDOW;
}

/* The block can go back to OWNER. */
int alck_provider_takes(const struct alck_provider *owner)
{
	return owner && !owner->retired && !is_hooked(owner);
}
