/* SPDX-License-Identifier: MIT */
/* Functions that are only noted: see watched.h.  Signal-safe. */
#include "preload/elf-lookup.h"
#include "preload/events.h"
#include "preload/finding.h"
#include "preload/hook-watch.h"
#include "preload/loads.h"
#include "preload/runtime.h"
#include "preload/text.h"
#include "preload/watched.h"

/* Who forks, from where.  Calls from inside libc (system, popen) are its own
 * and are noted under the name that the program called. */
static void note_fork(const struct alck_entry *e, uintptr_t *args,
		      const struct alck_frame *frame)
{
	const struct alck_module *m = alck_module_at(frame->pc);
	char text[512];
	struct alck_text t;

	(void)args;
	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, e->name);
	alck_text_add(&t, "() called by ");
	if (m) {
		alck_text_add(&t, alck_text_base(m->path));
		alck_text_add(&t, "+");
		alck_text_add_hex(&t, frame->pc - m->bias);
	} else {
		alck_text_add_hex(&t, frame->pc);
	}
	alck_event_note("fork", text);
}

/* A process of its own, and no thread: clone(FN, STACK, FLAGS, ...). */
static void note_clone(const struct alck_entry *e, uintptr_t *args,
		       const struct alck_frame *frame)
{
	if (!(args[2] & 0x10000 /* CLONE_THREAD */))
		note_fork(e, args, frame);
}

#define LOADS	alck_load_note, NULL
#define FORKS	note_fork, NULL
#define CLONES	note_clone, NULL
#define SIGACTS alck_hook_watch_sigaction, alck_hook_watch_wanted
#define SIGNALS alck_hook_watch_signal, alck_hook_watch_wanted

const struct alck_watched alck_watched[] = {
	{"dlopen", LOADS},	    {"dlmopen", LOADS},
	{"clone", CLONES},	    {"fork", FORKS},
	{"vfork", FORKS},	    {"__libc_fork", FORKS},
	{"popen", FORKS},	    {"system", FORKS},
	{"daemon", FORKS},	    {"posix_spawn", FORKS},
	{"posix_spawnp", FORKS},    {"sigaction", SIGACTS},
	{"__sigaction", SIGACTS},   {"signal", SIGNALS},
	{"__sysv_signal", SIGNALS}, {"sigset", SIGNALS},
	{"sigignore", SIGNALS},
};

const unsigned int alck_nwatched =
	sizeof(alck_watched) / sizeof(alck_watched[0]);

int alck_watched_in(const struct alck_module *m)
{
	return m->is_libc ||
	       (alck_elf_defines(m, "dlmopen") &&
		alck_elf_defines(m, "dlsym")) ||
	       (alck_elf_defines(m, "pthread_create") &&
		alck_elf_defines(m, "fork"));
}

void alck_note(const struct alck_entry *e, uintptr_t *args, uintptr_t pc,
	       uintptr_t sp, uintptr_t fp)
{
	struct alck_frame frame = {pc, sp, fp};

	if (e->provider)
		alck_finding_satellite(e, &frame);
	else
		alck_watched[e->watched].note(e, args, &frame);
}
