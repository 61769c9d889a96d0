/* SPDX-License-Identifier: MIT */
/* Names and lines by libdwfl: see symbolize.h.  Offline. */
#include <config.h>
#include "report/symbolize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX 64
/* The writer keeps 128 frames of a stack, and no run has a million. */
#define STACK_MAX  1024
#define FRAMES_MAX 1000000

struct looked_up {
	struct alck_image *image; /* NULL: nothing to be had */
	int done;
};

struct alck_symbolizer {
	const struct alck_report *report;
	struct alck_arena arena;
	struct alck_images *images;
	int own_images;
	struct looked_up *modules; /* one a module */
	const char *notes[NOTES_MAX];
	size_t nnotes;
	size_t nframes; /* looked up so far */
};

static void note(struct alck_symbolizer *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct alck_symbolizer *s, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = alck_arena_vprintf(&s->arena, format, args);
	va_end(args);
	if (text && s->nnotes < NOTES_MAX)
		s->notes[s->nnotes++] = text;
}

struct alck_symbolizer *alck_symbolizer_new(const struct alck_report *report,
					    struct alck_images *images)
{
	struct alck_symbolizer *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->report = report;
	s->own_images = !images;
	s->images = images ? images : alck_images_new(NULL);
	s->modules = calloc(report->nmodules + 1, sizeof(*s->modules));
	if (!s->images || !s->modules) {
		alck_symbolizer_free(s);
		return NULL;
	}
	return s;
}

void alck_symbolizer_free(struct alck_symbolizer *s)
{
	if (!s)
		return;
	if (s->own_images)
		alck_images_free(s->images);
	free(s->modules);
	alck_arena_free(&s->arena);
	free(s);
}

/* Says why a module has no names. */
static void say_missing(struct alck_symbolizer *s,
			const struct alck_report_module *module,
			enum alck_image_state state)
{
	const char *path = alck_report_module_path(s->report, module);

	if (state == ALCK_IMAGE_OTHER)
		note(s,
		     "%s is not the file that ran (its build ID is another): "
		     "its functions are shown as offsets",
		     path);
	else if (*path == '/')
		note(s,
		     "%s is not here any more, nor debug information for it: "
		     "its functions are shown as offsets",
		     path);
}

/* The functions at FRAME's address through NAMES; 0 when nothing is known. */
static size_t names_of(struct alck_symbolizer *s,
		       const struct alck_frame *frame,
		       const struct alck_image_name **names)
{
	enum alck_image_state state;
	struct looked_up *at;

	if (!frame->module)
		return 0;
	at = &s->modules[frame->module - s->report->modules];
	if (!at->done) {
		at->done = 1;
		at->image = alck_images_find(s->images, s->report,
					     frame->module, &state);
		if (!at->image)
			say_missing(s, frame->module, state);
	}
	if (!at->image)
		return 0;
	/* A call may be the last thing in a function: its return address is
	 * already in the next one. */
	return alck_image_names(s->images, at->image, frame->offset - 1, names);
}

static int append(struct alck_frame **frames, size_t *count,
		  const struct alck_frame *frame)
{
	struct alck_frame *grown = *frames;

	/* Powers of two: the room is full exactly when COUNT is one. */
	if (!(*count & (*count - 1))) {
		grown = reallocarray(grown, *count ? 2 * *count : 1,
				     sizeof(*grown));
		if (!grown)
			return 0;
		*frames = grown;
	}
	grown[(*count)++] = *frame;
	return 1;
}

struct alck_frames alck_symbolizer_stack(struct alck_symbolizer *s,
					 const struct alck_words *stack,
					 uint64_t time)
{
	const struct alck_image_name *names;
	struct alck_frame *frames = NULL, *kept;
	struct alck_frames result = {NULL, 0};
	size_t count = 0, n;

	for (size_t i = 0; i < stack->count && i < STACK_MAX; i++) {
		struct alck_frame frame = {.pc = stack->value[i]};

		frame.module =
			alck_report_module_at(s->report, frame.pc - 1, time);
		if (frame.module)
			frame.offset = frame.pc - frame.module->bias.value;
		if (s->nframes++ == FRAMES_MAX)
			note(s, "more frames than any run has: the rest is not "
				"shown");
		if (s->nframes > FRAMES_MAX)
			break;
		n = names_of(s, &frame, &names);
		if (!n && !append(&frames, &count, &frame))
			break;
		for (size_t k = 0; k < n; k++) {
			frame.function = names[k].function;
			frame.file = names[k].file;
			frame.line = names[k].line;
			frame.inlined = names[k].inlined;
			if (!append(&frames, &count, &frame))
				break;
		}
	}
	if (count) {
		kept = alck_arena_alloc(&s->arena, count * sizeof(*frames));
		if (kept) {
			memcpy(kept, frames, count * sizeof(*frames));
			result.frame = kept;
			result.count = count;
		}
	}
	free(frames);
	return result;
}

size_t alck_symbolizer_notes(const struct alck_symbolizer *s,
			     const char *const **notes)
{
	*notes = s->notes;
	return s->nnotes;
}
