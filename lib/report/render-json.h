/* SPDX-License-Identifier: MIT */
/* A report as one line of JSON, schema alloccheck-report/1: doc/FORMAT says
 * what its names mean.  Offline, not signal-safe. */
#ifndef ALCK_REPORT_RENDER_JSON_H
#define ALCK_REPORT_RENDER_JSON_H

#include <stdio.h>

#include "report/json.h"
#include "report/view.h"

void alck_render_json(FILE *out, struct alck_view *view);

/* FRAMES as the member "stack" of an open object. */
void alck_render_json_stack(struct alck_json *json,
			    const struct alck_report *report,
			    const struct alck_frames *frames);

#endif
