/* SPDX-License-Identifier: MIT */
/* Functions that are only noted: see watched.h.  Signal-safe. */
#include <stddef.h>

#include "preload/alt-stack.h"
#include "preload/crash.h"
#include "preload/elf-lookup.h"
#include "preload/exec.h"
#include "preload/finding.h"
#include "preload/forks.h"
#include "preload/hook-watch.h"
#include "preload/loader-watch.h"
#include "preload/loads.h"
#include "preload/mapped.h"
#include "preload/sandbox.h"
#include "preload/watched.h"

/* Both at once: a child, and a program in it. */
static void begin_start(struct alck_watched_call *call)
{
	alck_fork_begin(call);
	alck_exec_note(call->entry, call->args, &call->frame);
}

/* What the watchpoints have is no fatal signal's. */
static void begin_signal(struct alck_watched_call *call)
{
	alck_hook_watch_signal(call->entry, call->args, &call->frame);
	alck_crash_action_begin(call);
}

static void begin_sigaction(struct alck_watched_call *call)
{
	alck_alt_stack_action(call);
	alck_crash_action_begin(call);
	alck_hook_watch_sigaction(call->entry, call->args, &call->frame);
}

static int signals_wanted(void)
{
	return alck_crash_wanted() || alck_hook_watch_wanted();
}

/* The loader watch has seen it, where there is one. */
static void begin_unload(struct alck_watched_call *call)
{
	(void)call;
}

static void end_unload(const struct alck_watched_call *call, uintptr_t result)
{
	(void)call;
	(void)result;
	alck_loader_poll();
}

#define LOADS	   .note = alck_load_note
#define UNLOADS	   .begin = begin_unload, .end = end_unload
#define FORKS	   .begin = alck_fork_begin, .end = alck_fork_end
#define FORKS_PID  .begin = alck_fork_begin, .end = alck_fork_end_pid
#define FORKS_VM   .handler = alck_on_vfork
#define STARTS	   .begin = begin_start, .end = alck_fork_end
#define EXECS	   .note = alck_exec_note
#define PRCTLS	   .note = alck_sandbox_note_prctl
#define SYSCALLS   .note = alck_sandbox_note_syscall
#define CLONES	   .begin = alck_clone_begin, .end = alck_clone_end
#define MAPS	   .begin = alck_mapped_begin, .end = alck_mapped_end
#define SIGACTIONS .end = alck_crash_action_end, .wanted = signals_wanted
#define ALTSTACKS                                                 \
	.begin = alck_alt_stack_begin, .end = alck_alt_stack_end, \
	.wanted = alck_crash_wanted

const struct alck_watched alck_watched[] = {
	{"dlopen", LOADS},
	{"dlmopen", LOADS},
	{"dlclose", UNLOADS},
	{"clone", CLONES},
	{"vfork", FORKS_VM},
	{"fork", FORKS_PID},
	{"__libc_fork", FORKS_PID},
	{"_Fork", FORKS_PID},
	{"forkpty", FORKS_PID},
	{"popen", STARTS},
	{"system", STARTS},
	{"daemon", FORKS},
	{"posix_spawn", STARTS},
	{"posix_spawnp", STARTS},
	{"execve", EXECS},
	{"execv", EXECS},
	{"execvp", EXECS},
	{"execvpe", EXECS},
	{"execl", EXECS},
	{"execlp", EXECS},
	{"execle", EXECS},
	{"prctl", PRCTLS},
	{"syscall", SYSCALLS},
	{"sigaction", .begin = begin_sigaction, SIGACTIONS},
	{"__sigaction", .begin = begin_sigaction, SIGACTIONS},
	{"signal", .begin = begin_signal, SIGACTIONS},
	{"bsd_signal", .begin = begin_signal, SIGACTIONS},
	{"ssignal", .begin = begin_signal, SIGACTIONS},
	{"__sysv_signal", .begin = begin_signal, SIGACTIONS},
	{"sysv_signal", .begin = begin_signal, SIGACTIONS},
	{"sigset", .begin = begin_signal, SIGACTIONS},
	{"sigignore", .begin = begin_signal, SIGACTIONS},
	{"siginterrupt", .begin = alck_crash_action_begin, SIGACTIONS},
	{"sigaltstack", ALTSTACKS},
	{"mmap", MAPS},
	{"mmap64", MAPS},
	{"munmap", MAPS},
	{"mremap", MAPS},
	{"sbrk", MAPS},
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

enum alck_watch alck_watched_in(const struct alck_module *m)
{
	if (m->is_libc ||
	    (alck_elf_defines(m, "dlmopen") && alck_elf_defines(m, "dlsym")) ||
	    (alck_elf_defines(m, "pthread_create") &&
	     alck_elf_defines(m, "fork")))
		return ALCK_WATCH_ALL;
	return alck_elf_defines(m, "mmap") && alck_elf_defines(m, "munmap")
		       ? ALCK_WATCH_MAPS
		       : ALCK_WATCH_NONE;
}

int alck_watched_maps(const struct alck_watched *watched)
{
	return watched->begin == alck_mapped_begin;
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
