/* SPDX-License-Identifier: MIT */
/* Functions that are only noted: see watched.h.  Signal-safe. */
#include "preload/elf-lookup.h"
#include "preload/finding.h"
#include "preload/forks.h"
#include "preload/hook-watch.h"
#include "preload/loads.h"
#include "preload/watched.h"

#define LOADS	   alck_load_note, NULL, NULL, NULL
#define FORKS	   alck_fork_note, NULL, NULL, NULL
#define CLONES	   alck_clone_note, NULL, NULL, NULL
#define FORKS_PID  NULL, NULL, alck_fork_begin, alck_fork_end_pid
#define FORKS_ELSE NULL, NULL, alck_fork_begin, alck_fork_end
#define SIGACTS	   alck_hook_watch_sigaction, alck_hook_watch_wanted, NULL, NULL
#define SIGNALS	   alck_hook_watch_signal, alck_hook_watch_wanted, NULL, NULL

const struct alck_watched alck_watched[] = {
	{"dlopen", LOADS},
	{"dlmopen", LOADS},
	{"clone", CLONES},
	{"vfork", FORKS},
	{"fork", FORKS_PID},
	{"__libc_fork", FORKS_PID},
	{"_Fork", FORKS_PID},
	{"forkpty", FORKS_PID},
	{"popen", FORKS_ELSE},
	{"system", FORKS_ELSE},
	{"daemon", FORKS_ELSE},
	{"posix_spawn", FORKS_ELSE},
	{"posix_spawnp", FORKS_ELSE},
	{"sigaction", SIGACTS},
	{"__sigaction", SIGACTS},
	{"signal", SIGNALS},
	{"__sysv_signal", SIGNALS},
	{"sigset", SIGNALS},
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

void alck_note_call(struct alck_watched_call *call)
{
	alck_watched[call->entry->watched].begin(call);
}

void alck_note_return(const struct alck_watched_call *call, uintptr_t result)
{
	alck_watched[call->entry->watched].end(call, result);
}
