/* SPDX-License-Identifier: MIT */
/* Whose memory a scanned process' is: see usage-show.h.  Offline. */
#include <stdio.h>

#include "inspect/scan.h"
#include "inspect/usage-show.h"

int alck_usage_of_scan(struct alck_usage *usage, struct alck_scan *scan,
		       const char *proc)
{
	struct alck_scene *scene = &scan->scene;
	struct alck_usage_object *objects = alck_arena_alloc(
		&scene->arena, (scene->nobjects + 1) * sizeof(*objects));
	char folder[512];

	for (size_t i = 0; objects && i < scene->nobjects; i++) {
		const struct alck_object *o = scene->objects[i];

		objects[i].low = o->image.bias + o->image.low;
		/* The rest of its last page is filled with zeros. */
		objects[i].high =
			(o->image.bias + o->image.high + 4095) & ~4095ull;
		objects[i].family = o->family ? o->family->name : NULL;
		objects[i].title = o->family ? alck_object_title(scene, o) : "";
	}
	snprintf(folder, sizeof(folder), "%s/%ld", proc,
		 (long)alck_memory_pid(scene->memory));
	return alck_usage_find(usage, scene->memory, objects,
			       objects ? scene->nobjects : 0,
			       scan->kind == ALCK_SCAN_PROCESS ? folder : NULL);
}
