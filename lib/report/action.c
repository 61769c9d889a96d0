/* SPDX-License-Identifier: MIT */
/* What became of a call, in words.  Pure.  Offline. */
#include <string.h>

#include "contract/findings.h"
#include "report/explain.h"

static int is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

const char *alck_explain_action(const struct alck_report_finding *f)
{
	const char *action = f->action;

	if (is(action, alck_action_names[ALCK_ACTION_ABORT]))
		return "the program was stopped before the call went on";
	if (is(action, alck_action_names[ALCK_ACTION_OWNER]))
		return "the call went to the block's owner instead "
		       "(dispatch=owner)";
	if (is(action, alck_action_names[ALCK_ACTION_LEAK]))
		return is(f->code, "T22")
			       ? "the call was dropped: there was nothing to "
				 "free"
		       : is(f->code, "T17")
			       ? "the block was left alone: its owner is gone"
		       : is(f->wild, "hidden")
			       ? "the block was left alone: nobody knows how "
				 "to give it back"
			       : "the block was left alone (dispatch=leak)";
	if (is(action, alck_action_names[ALCK_ACTION_CALLER]))
		return "the call went on as the program made it";
	return action;
}
