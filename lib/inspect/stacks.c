/* SPDX-License-Identifier: MIT */
/* Stacks by libdwfl: see stacks.h.  Offline. */
#include <config.h>

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspect/stacks.h"

#define FRAMES_MAX 64

struct walk {
	struct alck_scene *scene;
	Dwfl *dwfl;
	const char **frames;
	size_t nframes;
};

static char *debuginfo_path;
static const Dwfl_Callbacks process_callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.debuginfo_path = &debuginfo_path};
static const Dwfl_Callbacks core_callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.debuginfo_path = &debuginfo_path};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Notes the address alone: names are looked up when the thread runs again. */
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

static const char *name_of(struct walk *w, uint64_t pc)
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

static void walk_thread(struct alck_scene *scene, struct alck_live *live,
			struct alck_live_thread *t, Dwfl *dwfl)
{
	struct walk w = {.scene = scene, .dwfl = dwfl};
	uint64_t pcs[FRAMES_MAX + 1] = {0}, begun = now(), took;

	dwfl_getthread_frames(dwfl, t->tid, note_frame, pcs);
	took = now() - begun;
	if (took > live->stopped_ns)
		live->stopped_ns = took;
	t->frames = alck_arena_alloc(&scene->arena,
				     (pcs[0] + 1) * sizeof(*t->frames));
	for (size_t i = 1; t->frames && i <= pcs[0]; i++)
		t->frames[t->nframes++] = name_of(&w, pcs[i]);
}

static void walk_all(struct alck_scene *scene, struct alck_live *live,
		     Dwfl *dwfl, int all)
{
	for (size_t i = 0; i < live->nthreads; i++)
		if (all || live->threads[i].lock > ALCK_LOCK_FINE)
			walk_thread(scene, live, &live->threads[i], dwfl);
}

static void refused(struct alck_scene *scene, const char *what, int error)
{
	alck_scene_problem(scene, "no stacks: %s (%s)", what,
			   error > 0   ? strerror(error)
			   : error < 0 ? dwfl_errmsg(-1)
				       : "not known");
}

void alck_stacks_of_process(struct alck_scene *scene, struct alck_live *live,
			    pid_t pid, int all)
{
	Dwfl *dwfl = dwfl_begin(&process_callbacks);
	int error;

	/* Nothing is to be asked of the network. */
	unsetenv("DEBUGINFOD_URLS");
	if (!dwfl)
		return;
	error = dwfl_linux_proc_report(dwfl, pid);
	if (error || dwfl_report_end(dwfl, NULL, NULL)) {
		refused(scene, "its modules cannot be read", error);
	} else {
		error = dwfl_linux_proc_attach(dwfl, pid, false);
		if (error)
			refused(scene,
				"it may not be traced: run this as its user, "
				"or as root",
				error);
		else
			walk_all(scene, live, dwfl, all);
	}
	dwfl_end(dwfl);
}

void alck_stacks_of_core(struct alck_scene *scene, struct alck_live *live,
			 const char *path, int all)
{
	Dwfl *dwfl = dwfl_begin(&core_callbacks);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;

	unsetenv("DEBUGINFOD_URLS");
	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (dwfl && elf &&
	    dwfl_core_file_report(dwfl, elf, scene->program->image.path) >= 0 &&
	    !dwfl_report_end(dwfl, NULL, NULL) &&
	    dwfl_core_file_attach(dwfl, elf) > 0)
		walk_all(scene, live, dwfl, all);
	else
		refused(scene, "the core's modules cannot be read", -1);
	live->stopped_ns = 0;
	if (dwfl)
		dwfl_end(dwfl);
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
}
