/* SPDX-License-Identifier: MIT */
/* What a process tells beyond its bindings, for people and for programs: see
 * live.h.  Offline. */
#include <inttypes.h>
#include <string.h>

#include "inspect/live.h"
#include "inspect/scan-text.h"
#include "report/utf8.h"

static const char *const lock_names[] = {
	[ALCK_LOCK_NONE] = "none",
	[ALCK_LOCK_FINE] = "fine",
	[ALCK_LOCK_UNMAPPED] = "unmapped",
	[ALCK_LOCK_MISALIGNED] = "misaligned",
	[ALCK_LOCK_SPLIT] = "split",
};

static const char *const arena_names[] = {"unknown", "asleep", "awake"};

static void print_hooks(FILE *out, const struct alck_live *live)
{
	if (live->nhooks)
		fputs("\nMalloc hooks\n", out);
	for (size_t i = 0; i < live->nhooks; i++) {
		const struct alck_live_hook *h = &live->hooks[i];

		fprintf(out, "  %s of %s",
			alck_name((unsigned int)h->name)->text,
			alck_object_name(h->reader));
		if (h->defined && h->defined != h->reader)
			fprintf(out, ", defined by %s",
				alck_object_name(h->defined));
		if (!h->value)
			fputs(": not set\n", out);
		else if (!h->target)
			fprintf(out, ": 0x%" PRIx64 ", in no object\n",
				h->value);
		else if (h->entry >= 0)
			fprintf(out, ": %s of %s\n",
				alck_name((unsigned int)h->entry)->text,
				alck_object_name(h->target));
		else
			fprintf(out, ": %s+0x%" PRIx64 "\n",
				alck_object_name(h->target),
				h->value - h->target->image.bias);
	}
}

static void print_lines(FILE *out, const char *title, const char *const *lines,
			size_t n)
{
	if (n)
		fprintf(out, "\n%s\n", title);
	for (size_t i = 0; i < n; i++) {
		fputs("  ", out);
		alck_utf8_print(out, lines[i]);
		fputc('\n', out);
	}
}

static void print_frames(FILE *out, const struct alck_live_thread *t)
{
	for (size_t i = 0; i < t->nframes; i++) {
		fprintf(out, "    #%-2zu ", i);
		alck_utf8_print(out, t->frames[i] ? t->frames[i] : "?");
		fputc('\n', out);
	}
}

static void print_thread(FILE *out, const struct alck_live_thread *t)
{
	fprintf(out, "  %ld ", (long)t->tid);
	alck_utf8_print(out, t->name);
	switch (t->call) {
	case ALCK_THREAD_RUNNING:
		fputs(": running\n", out);
		print_frames(out, t);
		return;
	case ALCK_THREAD_BLOCKED:
		fputs(": stopped in no system call\n", out);
		return;
	case ALCK_THREAD_UNKNOWN:
		fputs(": not to be read\n", out);
		return;
	case ALCK_THREAD_CALL:
		break;
	}
	fprintf(out, ": system call %ld(", t->number);
	for (int i = 0; i < 4; i++)
		fprintf(out, "%s0x%" PRIx64, i ? ", " : "", t->arguments[i]);
	fprintf(out, ") at 0x%" PRIx64 "%s%s\n", t->pc,
		t->lock > ALCK_LOCK_FINE ? ", lock " : "",
		t->lock > ALCK_LOCK_FINE ? lock_names[t->lock] : "");
	print_frames(out, t);
}

static void print_threads(const struct alck_scan_style *style,
			  const struct alck_live *live)
{
	size_t running = 0, locks = 0, unknown = 0;

	if (!live->nthreads)
		return;
	for (size_t i = 0; i < live->nthreads; i++) {
		running += live->threads[i].call == ALCK_THREAD_RUNNING;
		locks += live->threads[i].lock != ALCK_LOCK_NONE;
		unknown += live->threads[i].call == ALCK_THREAD_UNKNOWN;
	}
	fprintf(style->out,
		"\nThreads: %zu, of which %zu run and %zu wait for a lock or a "
		"condition%s\n",
		live->nthreads, running, locks,
		unknown == live->nthreads
			? "; what they do may not be read (it takes the right "
			  "to trace the process)"
			: "");
	if (live->unsampled)
		fprintf(style->out,
			"  what %zu of the running ones do could not be "
			"sampled: %s (kernel.perf_event_paranoid, seccomp, "
			"limits)\n",
			live->missed, strerror(live->unsampled));
	else if (live->missed)
		fprintf(style->out,
			"  what %zu of the running ones do was not sampled: "
			"they are too many\n",
			live->missed);
	for (size_t i = 0; i < live->nthreads; i++)
		if (style->verbose)
			print_thread(style->out, &live->threads[i]);
}

void alck_live_text(const struct alck_scan_style *style,
		    struct alck_scene *scene, const struct alck_live *live)
{
	FILE *out = style->out;

	print_hooks(out, live);
	if (live->arena != ALCK_ARENA_UNKNOWN)
		fprintf(out, "\nptmalloc of %s: %s\n",
			alck_object_name(scene->libc),
			live->arena == ALCK_ARENA_AWAKE
				? "awake (its arena is initialised)"
				: "asleep (nothing has initialised its arena)");
	print_threads(style, live);
	print_lines(out, "Environment", live->environment, live->nenvironment);
	print_lines(out, "Limits", live->limits, live->nlimits);
}

/* ------------------------------------------------------------------ JSON */

static void put_object(struct alck_json *json, const char *key,
		       const struct alck_object *o)
{
	if (o)
		alck_json_uint(json, key, o->number);
	else
		alck_json_null(json, key);
}

static void put_lines(struct alck_json *json, const char *key,
		      const char *const *lines, size_t n)
{
	alck_json_array(json, key);
	for (size_t i = 0; i < n; i++)
		alck_json_text(json, NULL, lines[i]);
	alck_json_close(json);
}

static void put_thread(struct alck_json *json, const struct alck_live_thread *t)
{
	static const char *const calls[] = {"unknown", "running", "stopped",
					    "call"};
	char state[2] = {t->state, 0};

	alck_json_object(json, NULL);
	alck_json_uint(json, "tid", (uint64_t)t->tid);
	alck_json_text(json, "name", t->name);
	alck_json_text(json, "state", state);
	alck_json_text(json, "does", calls[t->call]);
	if (t->call == ALCK_THREAD_CALL) {
		alck_json_uint(json, "number", (uint64_t)t->number);
		alck_json_array(json, "arguments");
		for (int i = 0; i < 6; i++)
			alck_json_hex(json, NULL, t->arguments[i]);
		alck_json_close(json);
		alck_json_hex(json, "pc", t->pc);
		alck_json_text(json, "lock", lock_names[t->lock]);
	}
	put_lines(json, "stack", t->frames, t->nframes);
	alck_json_close(json);
}

void alck_live_json(struct alck_json *json, const struct alck_scene *scene,
		    const struct alck_live *live)
{
	(void)scene;
	alck_json_array(json, "hooks");
	for (size_t i = 0; i < live->nhooks; i++) {
		const struct alck_live_hook *h = &live->hooks[i];

		alck_json_object(json, NULL);
		alck_json_text(json, "name",
			       alck_name((unsigned int)h->name)->text);
		put_object(json, "reader", h->reader);
		put_object(json, "defined", h->defined);
		alck_json_hex(json, "value", h->value);
		put_object(json, "target", h->target);
		alck_json_text(
			json, "entry",
			h->entry < 0 ? NULL
				     : alck_name((unsigned int)h->entry)->text);
		alck_json_close(json);
	}
	alck_json_close(json);
	alck_json_text(json, "ptmalloc", arena_names[live->arena]);
	alck_json_bool(json, "sampled", !live->unsampled);
	alck_json_uint(json, "not_sampled", live->missed);
	alck_json_array(json, "threads");
	for (size_t i = 0; i < live->nthreads; i++)
		put_thread(json, &live->threads[i]);
	alck_json_close(json);
	put_lines(json, "environment", live->environment, live->nenvironment);
	put_lines(json, "limits", live->limits, live->nlimits);
}
