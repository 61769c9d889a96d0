/* SPDX-License-Identifier: MIT */
/* A scan for people, and for programs.  Offline. */
#ifndef ALCK_INSPECT_SCAN_TEXT_H
#define ALCK_INSPECT_SCAN_TEXT_H

#include <stdio.h>

#include "inspect/scene.h"
#include "report/json.h"

struct alck_scan_style {
	FILE *out;
	int verbose; /* rows of objects that call no allocator, notes */
};

/* The findings, the worst first; then allocators and the binding matrix.  TITLE
 * says what it is of. */
void alck_scan_text(const struct alck_scan_style *style,
		    struct alck_scene *scene, const char *title);

/* The members "objects", "findings" and "problems" of an open JSON object. */
void alck_scan_json(struct alck_json *json, const struct alck_scene *scene);

#endif
