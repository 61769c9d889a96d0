/* SPDX-License-Identifier: MIT */
/* One scan: see scan.h.  Offline. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "inspect/dlopen-sites.h"
#include "inspect/judge.h"
#include "inspect/memory.h"
#include "inspect/per-cpu.h"
#include "inspect/private-copies.h"
#include "inspect/process.h"
#include "inspect/scan.h"
#include "inspect/stacks.h"

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void begin(struct alck_scan *scan, enum alck_scan_kind kind,
		  const char *target)
{
	memset(scan, 0, sizeof(*scan));
	alck_scene_init(&scan->scene);
	scan->kind = kind;
	scan->target = target;
	scan->took_ns = now();
}

/* ROOT: of this machine's /sys; NULL for what may be another's. */
static int end(struct alck_scan *scan, const char *root)
{
	/* What happens right now comes first. */
	alck_live_judge(&scan->scene, &scan->live);
	alck_judge(&scan->scene);
	if (root)
		alck_per_cpu_judge(&scan->scene, &scan->live, root);
	alck_dlopen_sites(&scan->scene);
	scan->took_ns = now() - scan->took_ns;
	return 0;
}

int alck_scan_program(struct alck_scan *scan, const struct alck_plan *plan,
		      const struct alck_scan_how *how, char *why, size_t size)
{
	const char *reason;

	begin(scan, ALCK_SCAN_PROGRAM, plan->program);
	reason = alck_plan_program(&scan->scene, plan);
	if (reason) {
		snprintf(why, size, "%s: %s", plan->program, reason);
		return -1;
	}
	alck_scene_bind(&scan->scene);
	alck_private_copies(&scan->scene);
	return end(scan, how->root);
}

/* What a process and a core have in common. */
static int bind(struct alck_scan *scan, struct alck_memory *memory, char *why,
		size_t size)
{
	const char *reason = alck_process_objects(&scan->scene, memory);

	if (reason) {
		snprintf(why, size, "%s: %s", scan->target, reason);
		return -1;
	}
	alck_scene_bind(&scan->scene);
	alck_live_hooks(&scan->scene, &scan->live);
	alck_live_arena(&scan->scene, &scan->live);
	alck_private_copies(&scan->scene);
	return 0;
}

/* What was read before and after it does not go together. */
static int has_changed(struct alck_scan *scan, struct alck_memory *memory,
		       char *why, size_t size)
{
	const char *what = alck_memory_changed(memory);

	if (!what)
		return 0;
	scan->scene.nproblems = 0;
	snprintf(why, size, "process %s %s while it was looked at",
		 scan->target, what);
	return 1;
}

int alck_scan_process(struct alck_scan *scan, pid_t pid,
		      const struct alck_scan_how *how, char *why, size_t size)
{
	struct alck_memory *memory;
	char text[32];
	int failed;

	begin(scan, ALCK_SCAN_PROCESS, "");
	snprintf(text, sizeof(text), "%ld", (long)pid);
	scan->target = alck_arena_text(&scan->scene.arena, text, strlen(text));
	memory = alck_memory_of_process(pid, why, size);
	if (!memory || !scan->target)
		return -1;
	failed = bind(scan, memory, why, size);
	if (has_changed(scan, memory, why, size) || failed)
		return -1;
	alck_live_threads(&scan->scene, &scan->live, how->proc, pid);
	alck_live_sample(&scan->scene, &scan->live);
	alck_live_surroundings(&scan->scene, &scan->live, how->proc, pid);
	if (how->stacks)
		alck_stacks_of_process(&scan->scene, &scan->live,
				       how->all_stacks);
	if (has_changed(scan, memory, why, size))
		return -1;
	return end(scan, how->root);
}

static void say(void *data, const char *sentence)
{
	alck_scene_problem(data, "%s", sentence);
}

int alck_scan_core(struct alck_scan *scan, const char *path,
		   const struct alck_scan_how *how, char *why, size_t size)
{
	struct alck_memory *memory;
	int failed;

	begin(scan, ALCK_SCAN_CORE, path);
	memory = alck_memory_of_core(path, &how->places, why, size);
	if (!memory)
		return -1;
	failed = bind(scan, memory, why, size);
	alck_memory_doubts(memory, say, &scan->scene);
	if (failed)
		return -1;
	alck_core_threads(&scan->scene, &scan->live, path);
	if (how->stacks)
		alck_stacks_of_core(&scan->scene, &scan->live, how->all_stacks);
	return end(scan, NULL);
}

void alck_scan_done(struct alck_scan *scan)
{
	alck_scene_done(&scan->scene);
}

enum alck_severity alck_scan_worst(const struct alck_scan *scan)
{
	enum alck_severity worst = ALCK_SEVERITY_INFO;

	for (size_t i = 0; i < scan->scene.nfindings; i++)
		if (scan->scene.findings[i].severity < worst)
			worst = scan->scene.findings[i].severity;
	return worst;
}

/* ---------------------------------------------------------------- output */

/* A process may go by another name than its file's. */
static const char *name_of(struct alck_scan *scan, const char *exe)
{
	const struct alck_live_thread *t = scan->live.threads;
	const char *slash = strrchr(exe, '/'), *name = "";

	for (size_t i = 0; i < scan->live.nthreads; i++)
		if (t[i].tid == alck_memory_pid(scan->scene.memory))
			name = t[i].name;
	/* The kernel keeps 15 bytes of it. */
	if (!*name || !strncmp(slash ? slash + 1 : exe, name, strlen(name)))
		return exe;
	name = alck_arena_printf(&scan->scene.arena, "%s, %s", name, exe);
	return name ? name : exe;
}

static const char *title(struct alck_scan *scan)
{
	struct alck_arena *arena = &scan->scene.arena;
	const char *exe =
		scan->scene.program ? scan->scene.program->image.path : "";
	unsigned long ms = (unsigned long)(scan->took_ns / 1000000);
	const char *text = NULL;

	switch (scan->kind) {
	case ALCK_SCAN_PROGRAM:
		text = alck_arena_printf(arena,
					 "%s, %zu objects; nothing was run",
					 scan->target, scan->scene.nobjects);
		break;
	case ALCK_SCAN_PROCESS:
		text = alck_arena_printf(
			arena,
			scan->live.stopped_ns
				? "process %s (%s), %zu objects, in %lu ms; a "
				  "thread was stopped for %lu us at most"
				: "process %s (%s), %zu objects, in %lu ms; "
				  "nothing was stopped",
			scan->target, name_of(scan, exe), scan->scene.nobjects,
			ms, (unsigned long)(scan->live.stopped_ns / 1000));
		break;
	case ALCK_SCAN_CORE:
		text = alck_arena_printf(arena, "core %s (%s), %zu objects",
					 scan->target, exe,
					 scan->scene.nobjects);
		break;
	}
	return text ? text : "";
}

void alck_scan_print_text(const struct alck_scan_style *style,
			  struct alck_scan *scan)
{
	alck_scan_text(style, &scan->scene, title(scan));
	if (scan->kind != ALCK_SCAN_PROGRAM)
		alck_live_text(style, &scan->scene, &scan->live);
}

void alck_scan_print_json(FILE *out, const struct alck_scan *scan)
{
	static const char *const kinds[] = {"program", "process", "core"};
	const struct alck_scene *scene = &scan->scene;
	struct alck_json json;

	alck_json_init(&json, out);
	alck_json_object(&json, NULL);
	alck_json_text(&json, "schema", "alloccheck-scan/1");
	alck_json_text(&json, "kind", kinds[scan->kind]);
	alck_json_text(&json, "target", scan->target);
	alck_json_text(&json, "program",
		       scene->program ? scene->program->image.path : NULL);
	alck_json_bool(&json, "static", scene->is_static);
	alck_json_text(&json, "interpreter",
		       *scene->interpreter ? scene->interpreter : NULL);
	alck_json_seconds(&json, "took", scan->took_ns);
	alck_json_seconds(&json, "stopped", scan->live.stopped_ns);
	alck_scan_json(&json, scene);
	if (scan->kind != ALCK_SCAN_PROGRAM)
		alck_live_json(&json, scene, &scan->live);
	alck_json_close(&json);
}
