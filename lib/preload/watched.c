/* SPDX-License-Identifier: MIT */
/* Functions that are only noted: see watched.h.  Signal-safe. */
#include <stddef.h>

#include "preload/elf-lookup.h"
#include "preload/finding.h"
#include "preload/forks.h"
#include "preload/hook-watch.h"
#include "preload/loads.h"
#include "preload/watched.h"

#define LOADS	  .note = alck_load_note
#define FORKS	  .begin = alck_fork_begin, .end = alck_fork_end
#define FORKS_PID .begin = alck_fork_begin, .end = alck_fork_end_pid
#define FORKS_VM  .handler = alck_on_vfork
#define CLONES	  .begin = alck_clone_begin, .end = alck_clone_end
#define SIGACTS \
	.note = alck_hook_watch_sigaction, .wanted = alck_hook_watch_wanted
#define SIGNALS .note = alck_hook_watch_signal, .wanted = alck_hook_watch_wanted

const struct alck_watched alck_watched[] = {
	{"dlopen", LOADS},	    {"dlmopen", LOADS},
	{"clone", CLONES},	    {"vfork", FORKS_VM},
	{"fork", FORKS_PID},	    {"__libc_fork", FORKS_PID},
	{"_Fork", FORKS_PID},	    {"forkpty", FORKS_PID},
	{"popen", FORKS},	    {"system", FORKS},
	{"daemon", FORKS},	    {"posix_spawn", FORKS},
	{"posix_spawnp", FORKS},    {"sigaction", SIGACTS},
	{"__sigaction", SIGACTS},   {"signal", SIGNALS},
	{"__sysv_signal", SIGNALS}, {"sigset", SIGNALS},
	{"sigignore", SIGNALS},
};

const unsigned int alck_nwatched =
	sizeof(alck_watched) / sizeof(alck_watched[0]);

void *alck_watched_handler(const struct alck_watched *watched)
{
	if (watched->handler)
		return (void *)watched->handler;
	return watched->begin ? (void *)alck_on_returning
			      : (void *)alck_on_noted;
}

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

/* As thunks-*.S has them. */
_Static_assert(sizeof(struct alck_watched_call) == 96, "CALL's size");
_Static_assert(offsetof(struct alck_watched_call, frame) == 16, "CALL_PC");
_Static_assert(offsetof(struct alck_watched_call, args) == 48, "CALL_ARG");

void alck_note_call(struct alck_watched_call *call)
{
	alck_watched[call->entry->watched].begin(call);
}

void alck_note_return(const struct alck_watched_call *call, uintptr_t result)
{
	alck_watched[call->entry->watched].end(call, result);
}
