/* SPDX-License-Identifier: MIT */
/* Whose memory a scanned process' is: see usage-show.h.  Offline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/scan.h"
#include "inspect/usage-show.h"
#include "report/reader.h"

/* The preload library, if it is there, knows names for its stacks. */
static void find_state(struct alck_usage_view *v, struct alck_memory *memory)
{
	unsigned char *bytes;
	char why[256];
	size_t len;

	v->state = alck_state_new(memory, why, sizeof(why));
	bytes = v->state ? alck_state_report(v->state, &len) : NULL;
	if (bytes)
		v->report = alck_reader_parse("", bytes, len);
	free(bytes);
	v->has_names = v->report && !alck_view_init(&v->view, v->report, NULL);
}

int alck_usage_of_scan(struct alck_usage_view *v, struct alck_scan *scan,
		       const char *proc)
{
	struct alck_scene *scene = &scan->scene;
	struct alck_usage_object *objects = alck_arena_alloc(
		&scene->arena, (scene->nobjects + 1) * sizeof(*objects));
	char folder[512];

	memset(v, 0, sizeof(*v));
	for (size_t i = 0; objects && i < scene->nobjects; i++) {
		const struct alck_object *o = scene->objects[i];

		objects[i].low = o->image.bias + o->image.low;
		/* The rest of its last page is filled with zeros. */
		objects[i].high =
			(o->image.bias + o->image.high + 4095) & ~4095ull;
		objects[i].family = o->family ? o->family->name : NULL;
		objects[i].title = o->family ? alck_object_title(scene, o) : "";
	}
	v->target = alck_arena_printf(
		&scene->arena,
		scan->kind == ALCK_SCAN_PROCESS ? "%s (process %s)"
						: "%s, the program of core %s",
		alck_memory_exe(scene->memory), scan->target);
	find_state(v, scene->memory);
	snprintf(folder, sizeof(folder), "%s/%ld", proc,
		 (long)alck_memory_pid(scene->memory));
	return alck_usage_find(&v->usage, scene->memory, objects,
			       objects ? scene->nobjects : 0,
			       scan->kind == ALCK_SCAN_PROCESS ? folder : NULL,
			       v->state);
}

struct alck_frames alck_usage_frames(struct alck_usage_view *v,
				     uint32_t context,
				     struct alck_state_call *call)
{
	struct alck_words words;

	memset(call, 0, sizeof(*call));
	if (!context || !v->state || !v->has_names)
		return (struct alck_frames){NULL, 0};
	alck_state_context(v->state, context, call);
	words = (struct alck_words){call->stack, call->depth};
	return alck_symbolizer_stack(v->view.symbolizer, &words, UINT64_MAX);
}

int alck_usage_age(struct alck_usage_view *v, uint64_t addr, uint64_t *age)
{
	struct alck_state_age a = {ALCK_STATE_AGE_OFF, 0, 0, 0};

	if (v->state && addr)
		alck_state_age(v->state, addr,
			       v->report ? v->report->crash.time.value : 0, &a);
	*age = a.least;
	return a.kind == ALCK_STATE_AGE_LIVE || a.kind == ALCK_STATE_AGE_CORE;
}

void alck_usage_view_free(struct alck_usage_view *v)
{
	if (v->has_names)
		alck_view_done(&v->view);
	alck_report_free(v->report);
	alck_usage_free(&v->usage);
	alck_state_free(v->state);
}
