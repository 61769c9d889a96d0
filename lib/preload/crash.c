/* SPDX-License-Identifier: MIT */
/* Handlers for fatal signals: see crash.h.  Signal-safe. */
#include <signal.h>
#include <time.h>

#include "preload/alt-stack.h"
#include "preload/crash-record.h"
#include "preload/crash.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/thread.h"

#define RESTORER 0x04000000ul /* SA_RESTORER, the kernel's alone */

/* Those that end a process with a core by default, and tell of a fault in it.
 */
static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

#define FATAL (sizeof(fatal) / sizeof(fatal[0]))

static int active, stopped;

/* thunks-*.S */
extern void alck_on_crash(int signal_number, void *info,
			  void *context) ALCK_HIDDEN;
extern void alck_crash_return(void) ALCK_HIDDEN;

/* One thread crashes at a time; known to thunks-*.S. */
int alck_crash_taken ALCK_HIDDEN;
char alck_crash_stack[65536] ALCK_HIDDEN __attribute__((aligned(64)));

int alck_crash_wanted(void)
{
	return alck_runtime.options.crash;
}

/* Its place in FATAL, or -1. */
static int place_of(int signal_number)
{
	for (unsigned int i = 0; i < FATAL; i++)
		if (fatal[i] == signal_number)
			return (int)i;
	return -1;
}

static int is_ours(int signal_number)
{
	struct alck_sigaction now;

	return !alck_sys_sigaction(signal_number, NULL, &now) &&
	       now.handler == (void *)alck_on_crash;
}

/* The default action as the program has set it: even that has flags. */
static struct alck_sigaction defaults[FATAL];

/* Puts our handler in place of the default action.  Where another thread has
 * set one of the program's in between, that one is put back. */
static void install(int signal_number)
{
	const struct alck_sigaction ours = {
		(void *)alck_on_crash,
		SA_SIGINFO | SA_ONSTACK | RESTORER,
		(void *)alck_crash_return,
		~(uint64_t)0,
	};
	struct alck_sigaction now;

	if (alck_sys_sigaction(signal_number, NULL, &now) ||
	    now.handler != (void *)SIG_DFL)
		return;
	defaults[place_of(signal_number)] = now;
	if (!alck_sys_sigaction(signal_number, &ours, &now) &&
	    now.handler != (void *)SIG_DFL)
		alck_sys_sigaction(signal_number, &now, NULL);
}

static void restore(int signal_number)
{
	if (is_ours(signal_number))
		alck_sys_sigaction(signal_number,
				   &defaults[place_of(signal_number)], NULL);
}

void alck_crash_start(void)
{
	if (!alck_crash_wanted() || stopped)
		return;
	active = 1;
	for (unsigned int i = 0; i < FATAL; i++)
		install(fatal[i]);
	alck_alt_stack_start();
}

void alck_crash_stop(void)
{
	stopped = 1;
	if (!active)
		return;
	active = 0;
	alck_alt_stack_stop();
	for (unsigned int i = 0; i < FATAL; i++)
		restore(fatal[i]);
}

void alck_crash_action_begin(struct alck_watched_call *call)
{
	if (active && place_of((int)call->args[0]) >= 0)
		restore((int)call->args[0]);
	call->pid = (int)call->args[0];
}

void alck_crash_action_end(const struct alck_watched_call *call,
			   uintptr_t result)
{
	(void)result;
	if (active && place_of(call->pid) >= 0)
		install(call->pid);
}

/* ------------------------------------------------------------ the handler */

/* Does the same instruction fault again?  A system call does not, nor does what
 * somebody has sent. */
static int comes_again(int signal_number, const siginfo_t *info)
{
	return info->si_code > 0 && signal_number != SIGSYS &&
	       signal_number != SIGABRT;
}

/* By a handler of the program's and not by the kernel: see crash.h. */
static int is_passed_on(uintptr_t back)
{
	return back != (uintptr_t)alck_crash_return;
}

static void die_of(int signal_number, siginfo_t *info, uintptr_t back)
{
	if (is_passed_on(back))
		alck_sys_sigaction(signal_number,
				   &defaults[place_of(signal_number)], NULL);
	else
		restore(signal_number);
	if (comes_again(signal_number, info))
		return;
	/* Blocked until we have returned. */
	if (alck_syscall(SYS_rt_tgsigqueueinfo, alck_sys_getpid(),
			 alck_sys_gettid(), signal_number, (long)info, 0, 0))
		alck_sys_tgkill(alck_sys_getpid(), alck_sys_gettid(),
				signal_number);
}

void alck_crash_caught(int signal_number, void *info, void *context,
		       uintptr_t back)
{
	struct alck_thread *t = &alck_thread;

	/* Code of ours that was interrupted, as by the end of the stack, goes
	 * on no more. */
	if (t->busy != ALCK_BUSY_RECORDING)
		t->busy = 0;
	/* Else the program has just set a handler of its own: for that one. */
	if (active && (is_ours(signal_number) || is_passed_on(back)))
		alck_crash_put(t, signal_number, info, context);
	die_of(signal_number, info, back);
	__atomic_store_n(&alck_crash_taken, 0, __ATOMIC_RELEASE);
}

void alck_crash_wait(int signal_number, void *info, void *context,
		     uintptr_t back)
{
	const struct timespec nap = {0, 10000000};

	(void)context;
	/* The first one ends us all. */
	for (int i = 0; i < 200; i++)
		if (__atomic_load_n(&alck_crash_taken, __ATOMIC_ACQUIRE))
			alck_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	die_of(signal_number, info, back);
}
