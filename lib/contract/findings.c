/* SPDX-License-Identifier: MIT */
/* The table of findings: see findings.h.  Constant data. */
#include "contract/findings.h"

const struct alck_finding_row alck_finding_rows[ALCK_CODES] = {
#define FINDING(code, slug, severity, why, advice) \
	{#code, slug, ALCK_SEVERITY_##severity, why, advice},
#include "contract/findings.def"
#undef FINDING
};

const char *const alck_severity_names[] = {"error", "latent", "info"};

#define X(id, text) text,
const char *const alck_verdict_names[ALCK_VERDICT_KINDS] = {ALCK_VERDICTS(X)};
const char *const alck_action_names[ALCK_ACTIONS_COUNT] = {ALCK_ACTIONS(X)};
#undef X
