/* SPDX-License-Identifier: MIT */
/* What of a function can be moved: see detour-plan.h. */
#include "preload/detour-plan.h"
#include "preload/insn.h"

/* A function's own code may go on elsewhere (gcc's .cold parts), from where a
 * branch could lead back to its beginning: as far as this is looked at. */
#define PARTS_MAX     32
#define PART_SIZE_MAX 2048

struct search {
	uintptr_t function, end;   /* [function, end) */
	uintptr_t low, high;	   /* the module's code */
	uintptr_t moved_end;	   /* no branch may lead to below this */
	uintptr_t part[PARTS_MAX]; /* of code elsewhere */
	unsigned int nparts;
};

static int decode(const struct search *s, uintptr_t at, struct alck_insn *insn)
{
	if (at < s->low || at >= s->high)
		return -1;
	return alck_insn_decode((const unsigned char *)at, s->high - at, at,
				insn);
}

static int goes_on(const struct alck_insn *insn)
{
	return insn->kind == ALCK_INSN_PLAIN ||
	       insn->kind == ALCK_INSN_PADDING ||
	       insn->kind == ALCK_INSN_CALL ||
	       insn->kind == ALCK_INSN_CONDITIONAL;
}

static void add_part(struct search *s, uintptr_t at)
{
	for (unsigned int i = 0; i < s->nparts; i++)
		if (s->part[i] == at)
			return;
	if (s->nparts < PARTS_MAX)
		s->part[s->nparts++] = at;
}

/* Does INSN lead into what is to be moved?  A call of the whole function does
 * not: it calls it, as everybody does. */
static int leads_astray(struct search *s, const struct alck_insn *insn)
{
	uintptr_t to = insn->target;

	if (!insn->leads || (insn->kind == ALCK_INSN_CALL && to == s->function))
		return 0;
	if (to >= s->function && to < s->moved_end)
		return 1;
	if (insn->kind != ALCK_INSN_CALL && (to < s->function || to >= s->end))
		add_part(s, to);
	return 0;
}

static const char *search_branches(struct search *s)
{
	struct alck_insn insn;
	uintptr_t at;

	for (at = s->function; at < s->end; at += insn.length) {
		if (decode(s, at, &insn))
			return "it has an instruction that is not known";
		if (leads_astray(s, &insn))
			return "a branch leads into its first instructions";
	}
	for (unsigned int i = 0; i < s->nparts; i++) {
		uintptr_t end = s->part[i] + PART_SIZE_MAX;

		for (at = s->part[i]; at < end; at += insn.length) {
			if (decode(s, at, &insn))
				break;
			if (leads_astray(s, &insn))
				return "a branch leads into its first "
				       "instructions";
			if (!goes_on(&insn))
				break;
		}
	}
	return NULL;
}

/* Nothing but padding from AT to where the next function may begin? */
static int is_padding(const struct search *s, uintptr_t at)
{
	uintptr_t next = (at + 15) & ~(uintptr_t)15;
	struct alck_insn insn;

	for (; at < next; at += insn.length)
		if (decode(s, at, &insn) || (insn.kind != ALCK_INSN_PADDING &&
					     insn.kind != ALCK_INSN_BREAKPOINT))
			return 0;
	return 1;
}

/* Chooses the instructions to move. */
static const char *choose(struct alck_plan *plan, const struct search *s)
{
	uintptr_t first = s->function + plan->landing, at = first;
	struct alck_insn insn;

	while (at - first < ALCK_INSN_JUMP_LENGTH && !plan->ends) {
		if (at >= s->end)
			return "it is too short";
		if (decode(s, at, &insn))
			return "it begins with an instruction that is not "
			       "known";
		if (insn.kind == ALCK_INSN_BREAKPOINT)
			return "a breakpoint stands at its beginning";
		if (insn.is_fixed)
			return "its first instructions hold only where they "
			       "stand";
		plan->at[plan->count++] = (uint8_t)(at - s->function);
		plan->calls = insn.kind == ALCK_INSN_CALL;
		plan->ends = !goes_on(&insn) || plan->calls;
		at += insn.length;
	}
	plan->length = (uint8_t)(at - first);
	if (plan->length >= ALCK_INSN_JUMP_LENGTH)
		return NULL;
	/* It ends before the jump does.  What is behind must be nobody's: its
	 * own (and then no branch leads there, see search_branches) or
	 * padding. */
	if (s->end < first + ALCK_INSN_JUMP_LENGTH &&
	    (s->function % 16 || !is_padding(s, s->end) ||
	     first % 16 + ALCK_INSN_JUMP_LENGTH > 16))
		return "it is too short";
	plan->length = ALCK_INSN_JUMP_LENGTH;
	return NULL;
}

const char *alck_plan_make(struct alck_plan *plan, uintptr_t function,
			   size_t size, uintptr_t low, uintptr_t high)
{
	struct search s = {
		.function = function,
		.end = function + size,
		.low = low,
		.high = high,
	};
	const char *why;

	*plan = (struct alck_plan){0};
	if (!size)
		return "its size is not known";
	if (function < low || function >= high || size > high - function)
		return "it does not lie in its module's code";
	plan->landing = (uint8_t)alck_insn_landing(
		(const unsigned char *)function, high - function);
	why = choose(plan, &s);
	if (why)
		return why;
	s.moved_end = function + plan->landing + plan->length;
	return search_branches(&s);
}

int alck_plan_is_atomic(const struct alck_plan *plan, uintptr_t function)
{
	uintptr_t at = function + plan->landing;

	return plan->count == 1 && at % 8 + ALCK_INSN_JUMP_LENGTH <= 8;
}
