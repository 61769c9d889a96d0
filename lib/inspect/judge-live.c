/* SPDX-License-Identifier: MIT */
/* What is wrong with a process at this moment: see live.h.  Offline. */
#include <inttypes.h>
#include <string.h>

#include "inspect/live.h"

/* A hook that another object defines is set from its first moment on: empty, or
 * leading into libc itself, it has been changed.  Of libc's own only the free
 * hook never leads into libc; the others begin so (malloc_hook_ini). */
static void judge_hook(struct alck_scene *scene,
		       const struct alck_live_hook *hook)
{
	const char *name = alck_name((unsigned int)hook->name)->text;
	const char *what = NULL;

	if (hook->value && hook->target == hook->reader &&
	    (hook->defined != hook->reader ||
	     hook->name == alck_name_find("__free_hook")))
		what = "leads into libc itself";
	else if (!hook->value && hook->defined && hook->defined->family &&
		 hook->defined != hook->reader)
		what = "is empty";
	if (!what)
		return;
	alck_scene_found(
		scene, ALCK_T13, ALCK_SEVERITY_ERROR, hook->defined,
		alck_arena_printf(&scene->arena,
				  "%s, which %s defines and %s reads, %s", name,
				  hook->defined
					  ? alck_object_name(hook->defined)
					  : "somebody",
				  alck_object_name(hook->reader), what),
		"a fork is under way in a libc that changes the hooks "
		"meanwhile, "
		"or somebody has changed them: blocks that the hook else hands "
		"to their owner go to libc's allocator",
		"bind every object to the allocator in force, so that none "
		"lives "
		"by the hook");
}

static void judge_thread(struct alck_scene *scene,
			 const struct alck_live_thread *t)
{
	static const char *const says[] = {
		[ALCK_LOCK_SPLIT] = "crosses a 64-byte line: every try is a "
				    "bus lock",
		[ALCK_LOCK_UNMAPPED] = "lies in no mapping",
		[ALCK_LOCK_MISALIGNED] = "is not aligned: the kernel refuses "
					 "it, and the thread tries again",
	};

	struct alck_scan_finding f = {
		.code = ALCK_NO_FINDING,
		.severity = ALCK_SEVERITY_ERROR,
		.why = "no lock of a program's own is there: it is what "
		       "glibc's allocator takes for one when it is given a "
		       "foreign block whose size word has the arena bit set",
		.fix = "see which rows of the bindings are marked; --stacks "
		       "shows where the thread is",
		.frames = t->frames,
		.nframes = t->nframes,
	};

	if (t->lock <= ALCK_LOCK_FINE)
		return;
	f.text = alck_arena_printf(
		&scene->arena,
		"thread %ld (%s) waits on futex 0x%" PRIx64 ": %s",
		(long)t->tid, t->name, t->arguments[0], says[t->lock]);
	if (t->nframes)
		f.fix = "see which rows of the bindings are marked";
	alck_scene_find(scene, &f);
}

void alck_live_judge(struct alck_scene *scene, const struct alck_live *live)
{
	for (size_t i = 0; i < live->nhooks; i++)
		judge_hook(scene, &live->hooks[i]);
	for (size_t i = 0; i < live->nthreads; i++)
		judge_thread(scene, &live->threads[i]);
}
