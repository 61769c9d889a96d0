/* SPDX-License-Identifier: MIT */
/* A crash as text: its headline, stack, and the blocks that registers led to.
 * Offline, not signal-safe. */
#ifndef ALCK_REPORT_RENDER_CRASH_H
#define ALCK_REPORT_RENDER_CRASH_H

#include "report/render-text.h"

/* Prints the crash that VIEW's report tells of; nothing where it tells of
 * none. */
void alck_render_crash(const struct alck_text_style *style,
		       struct alck_view *view);

#endif
