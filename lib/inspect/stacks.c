/* SPDX-License-Identifier: MIT */
/* Stacks by libdwfl: see stacks.h.  Offline. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/snapshot.h"
#include "inspect/stack-modules.h"
#include "inspect/stacks.h"

#define FRAMES_MAX 64
#define KNOWN	   4096 /* addresses whose names are kept */

struct walk {
	struct alck_scene *scene;
	Dwfl *dwfl;
	/* libdwfl goes through all symbols for each: threads are in the same
	 * places mostly. */
	struct {
		uint64_t pc;
		const char *name;
	} known[KNOWN];
};

static int note_frame(Dwfl_Frame *frame, void *data)
{
	uint64_t *pcs = data;
	bool activation;
	Dwarf_Addr pc;

	if (pcs[0] >= FRAMES_MAX || !dwfl_frame_pc(frame, &pc, &activation))
		return DWARF_CB_ABORT;
	pcs[++pcs[0]] = pc - (activation ? 0 : 1);
	return DWARF_CB_OK;
}

static const char *find_name(struct walk *w, uint64_t pc)
{
	Dwfl_Module *module = dwfl_addrmodule(w->dwfl, pc);
	const char *file, *function = NULL, *slash;
	GElf_Off offset = 0;
	Dwarf_Addr start;
	GElf_Sym sym;

	if (!module)
		return alck_arena_printf(&w->scene->arena, "0x%" PRIx64, pc);
	file = dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL,
				NULL);
	slash = file ? strrchr(file, '/') : NULL;
	function = dwfl_module_addrinfo(module, pc, &offset, &sym, NULL, NULL,
					NULL);
	if (!function)
		return alck_arena_printf(&w->scene->arena, "%s+0x%" PRIx64,
					 slash ? slash + 1 : file, pc - start);
	return alck_arena_printf(&w->scene->arena, "%s+0x%" PRIx64 " (%s)",
				 function, (uint64_t)offset,
				 slash ? slash + 1 : file);
}

static const char *name_of(struct walk *w, uint64_t pc)
{
	size_t at = (pc * UINT64_C(0x9e3779b97f4a7c15) >> 32) % KNOWN;

	if (w->known[at].pc != pc || !w->known[at].name) {
		w->known[at].name = find_name(w, pc);
		w->known[at].pc = pc;
	}
	return w->known[at].name;
}

static void keep_frames(struct walk *w, struct alck_live_thread *t,
			const uint64_t *pcs)
{
	t->frames = alck_arena_alloc(&w->scene->arena,
				     (pcs[0] + 1) * sizeof(*t->frames));
	for (size_t i = 1; t->frames && i <= pcs[0]; i++)
		t->frames[t->nframes++] = name_of(w, pcs[i]);
}

static int is_wanted(const struct alck_live_thread *t, int all)
{
	return all || t->lock > ALCK_LOCK_FINE;
}

/* What libdwfl asks for while it walks: the thread runs again, or has ended. */
struct still {
	struct alck_memory *memory;
	struct alck_snapshot *snapshot;
};

static bool read_word(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *word, void *data)
{
	const struct still *still = data;

	(void)dwfl;
	return !alck_snapshot_word(still->snapshot, addr, word) ||
	       !alck_memory_read(still->memory, addr, word, sizeof(*word));
}

static pid_t no_thread(Dwfl *dwfl, void *data, void **thread)
{
	(void)dwfl;
	(void)data;
	(void)thread;
	return 0;
}

static bool any_thread(Dwfl *dwfl, pid_t tid, void *data, void **thread)
{
	(void)dwfl;
	(void)tid;
	*thread = data;
	return true;
}

/* In the order of their DWARF numbers; the last one is the pc. */
static bool set_registers(Dwfl_Thread *thread, void *data)
{
	const struct user_regs_struct *r =
		&((const struct still *)data)->snapshot->regs;
	const Dwarf_Word words[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi,
				    r->rdi, r->rbp, r->rsp, r->r8,  r->r9,
				    r->r10, r->r11, r->r12, r->r13, r->r14,
				    r->r15, r->rip};

	return dwfl_thread_state_registers(
		thread, 0, sizeof(words) / sizeof(words[0]), words);
}

static const Dwfl_Thread_Callbacks still_callbacks = {
	.next_thread = no_thread,
	.get_thread = any_thread,
	.memory_read = read_word,
	.set_initial_registers = set_registers,
};

static void walk_one(struct walk *w, struct alck_live_thread *t)
{
	uint64_t pcs[FRAMES_MAX + 1] = {0};

	dwfl_getthread_frames(w->dwfl, t->tid, note_frame, pcs);
	keep_frames(w, t, pcs);
}

/* Takes the snapshot of T; returns 0, or an errno. */
static int take_process(const struct still *still, struct alck_live *live,
			const struct alck_live_thread *t)
{
	uint64_t took;
	int error = alck_snapshot_take(still->snapshot, still->memory, t->tid,
				       &took);

	if (took > live->stopped_ns)
		live->stopped_ns = took;
	return error;
}

static int take_core(const struct still *still, struct alck_live *live,
		     const struct alck_live_thread *t)
{
	(void)live;
	if (!t->regs)
		return ESRCH;
	still->snapshot->regs = *t->regs;
	still->snapshot->low = still->snapshot->high = 0;
	return 0;
}

/* Returns 0, an errno that holds of all threads, or -1 for libdwfl's. */
static int walk_all(struct walk *w, struct alck_live *live, int all,
		    int (*take)(const struct still *still,
				struct alck_live *live,
				const struct alck_live_thread *t))
{
	struct still still = {w->scene->memory,
			      malloc(sizeof(*still.snapshot))};
	int error = still.snapshot ? 0 : ENOMEM;

	/* No page of it is to be fetched while a thread is stopped. */
	if (!error)
		memset(still.snapshot, 1, sizeof(*still.snapshot));
	if (!error &&
	    !dwfl_attach_state(w->dwfl, NULL, alck_memory_pid(still.memory),
			       &still_callbacks, &still))
		error = -1;
	for (size_t i = 0; i < live->nthreads && !error; i++) {
		struct alck_live_thread *t = &live->threads[i];

		if (!is_wanted(t, all))
			continue;
		error = take(&still, live, t);
		if (!error)
			walk_one(w, t);
		else if (error != EPERM)
			error = 0; /* it alone */
	}
	free(still.snapshot);
	return error;
}

/* Who traces process PID already: only one can. */
static long tracer_of(pid_t pid)
{
	char line[256];
	long tracer = 0;
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%ld/status", (long)pid);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f) && !tracer)
		if (!strncmp(line, "TracerPid:", 10))
			tracer = strtol(line + 10, NULL, 10);
	if (f)
		fclose(f);
	return tracer;
}

static void refused(struct alck_scene *scene, int error)
{
	long tracer =
		error == EPERM ? tracer_of(alck_memory_pid(scene->memory)) : 0;

	if (tracer)
		alck_scene_problem(
			scene,
			"no stacks: process %ld traces it already (a "
			"debugger, strace)",
			tracer);
	else if (error > 0)
		alck_scene_problem(scene,
				   "no stacks: it may not be traced: run this "
				   "as its user, or as root (%s)",
				   strerror(error));
	else if (error)
		alck_scene_problem(scene, "no stacks: %s", dwfl_errmsg(-1));
}

static void walk(struct alck_scene *scene, struct alck_live *live, int all,
		 int (*take)(const struct still *still, struct alck_live *live,
			     const struct alck_live_thread *t))
{
	struct walk *w = calloc(1, sizeof(*w));
	int error = w ? -1 : ENOMEM;

	if (w) {
		w->scene = scene;
		w->dwfl = alck_stack_modules(scene);
		if (w->dwfl)
			error = walk_all(w, live, all, take);
	}
	refused(scene, error);
	if (w && w->dwfl)
		dwfl_end(w->dwfl);
	free(w);
}

void alck_stacks_of_process(struct alck_scene *scene, struct alck_live *live,
			    int all)
{
	walk(scene, live, all, take_process);
}

void alck_stacks_of_core(struct alck_scene *scene, struct alck_live *live,
			 int all)
{
	walk(scene, live, all, take_core);
}
