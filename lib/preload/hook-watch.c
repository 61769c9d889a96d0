/* SPDX-License-Identifier: MIT */
/*
 * Watchpoints on the malloc hooks: see hook-watch.h.  All but the start is
 * signal-safe.
 */
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/utsname.h>
#include <ucontext.h>

#include "preload/events.h"
#include "preload/hook-watch.h"
#include "preload/hooks.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define WATCHES_MAX 4 /* debug registers of a processor */
#define ACTIONS	    8

/* si_code of a watchpoint's SIGTRAP, and what asks for it in the word of flags
 * of struct perf_event_attr: newer than some headers (Linux 5.13). */
#define CODE_TRAP_PERF 6
/* Its si_perf_flags, by 32-bit words of siginfo_t, and what is said there. */
#define PERF_FLAGS	    9
#define PERF_ASYNC	    1u
#define FLAG_INHERIT	    (1ull << 1) /* by threads and forked children */
#define FLAG_EXCLUDE_KERNEL (1ull << 5)
#define FLAG_EXCLUDE_HV	    (1ull << 6)
#define FLAG_REMOVE_ON_EXEC (1ull << 36)
#define FLAG_SIGTRAP	    (1ull << 37)
#define WORD_FLAGS	    5
#define ATTR_SIZE_SIGTRAP   128

/* fcntl's, which <fcntl.h> has for _GNU_SOURCE alone. */
#define SET_SIGNAL	  10
#define SET_OWNER	  15
#define OWNER_IS_A_THREAD 0

#define ERROR_ACCESS   (-13)
#define ERROR_PERM     (-1)
#define ERROR_NO_SPACE (-28)
#define ERROR_NO_CALL  (-38)

static struct watch {
	const uintptr_t *variable;
	const struct alck_provider *reader;
	enum alck_hook hook;
	int fd;
} watches[WATCHES_MAX];
static unsigned int nwatches;
static int active;

/* The program's own action for SIGTRAP.  Each is written before it is made the
 * one in force, and stays for a while after: a handler may be looking. */
static struct sigaction actions[ACTIONS];
static unsigned int nactions;
static const struct sigaction *own = &actions[0];

int alck_hook_watch_wanted(void)
{
	return alck_runtime.options.hook_watch == ALCK_HOOK_WATCH_HARDWARE;
}

static void note(const char *what)
{
	char text[256];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, "hook_watch=hardware: ");
	alck_text_add(&t, what);
	alck_event_note("hook", text);
}

/* ----------------------------------------------------------- the handler */

static const struct watch *watch_of(const siginfo_t *si)
{
	for (unsigned int i = 0; i < nwatches; i++) {
		if (si->si_code == CODE_TRAP_PERF &&
		    si->si_addr == (const void *)watches[i].variable)
			return &watches[i];
		/* Without sigtrap the descriptor's owner is told: as for any
		 * signal that has codes of its own, by this one. */
		if (si->si_code == SI_SIGIO && si->si_fd == watches[i].fd)
			return &watches[i];
	}
	return NULL;
}

static void mask(int how, const sigset_t *set, uint64_t *old)
{
	alck_syscall(SYS_rt_sigprocmask, how, (long)set, (long)old, 8, 0, 0);
}

/* The kernel's default: the end, with a core, as soon as this handler is left.
 * SIGTRAP is blocked while it runs. */
static void die_of(int signal_number)
{
	static const struct sigaction none; /* SIG_DFL */

	active = 0;
	sigaction(signal_number, &none, NULL);
	alck_sys_tgkill(alck_sys_getpid(), alck_sys_gettid(), signal_number);
}

static void pass_on(int signal_number, siginfo_t *si, void *context)
{
	const struct sigaction *to = __atomic_load_n(&own, __ATOMIC_ACQUIRE);
	const uint64_t this_one = 1ull << (signal_number - 1);
	uint64_t old;

	if (!(to->sa_flags & SA_SIGINFO) && to->sa_handler == SIG_IGN)
		return;
	if (!(to->sa_flags & SA_SIGINFO) && to->sa_handler == SIG_DFL) {
		die_of(signal_number);
		return;
	}
	mask(SIG_BLOCK, &to->sa_mask, &old);
	if (to->sa_flags & SA_NODEFER)
		mask(SIG_UNBLOCK, (const sigset_t *)&this_one, NULL);
	if (to->sa_flags & (int)SA_RESETHAND)
		__atomic_store_n(&own, &actions[0], __ATOMIC_RELEASE);
	if (to->sa_flags & SA_SIGINFO)
		to->sa_sigaction(signal_number, si, context);
	else
		to->sa_handler(signal_number);
	mask(SIG_SETMASK, (const sigset_t *)&old, NULL);
}

/* Did the signal wait, blocked, until something else was at PC?  The kernel
 * says so; and whoever unblocked it has just returned from a system call, which
 * is no store. */
static int is_late(const siginfo_t *si, uintptr_t pc)
{
	unsigned char code[8];

	if (si->si_code == CODE_TRAP_PERF &&
	    ((const uint32_t *)(const void *)si)[PERF_FLAGS] & PERF_ASYNC)
		return 1;
	return !alck_sys_peek(code, (const void *)(pc - 8), 8) &&
	       alck_arch_is_system_call(code + 6);
}

static void on_trap(int signal_number, siginfo_t *si, void *context)
{
	const struct watch *w = watch_of(si);
	uintptr_t pc = alck_arch_context_pc((const ucontext_t *)context);

	if (!w) {
		pass_on(signal_number, si, context);
		return;
	}
	/* Else the program goes on behind the store. */
	if (is_late(si, pc))
		alck_hooks_sample(w->reader);
	else
		alck_hooks_written(w->reader, w->hook, pc);
}

/* ---------------------------------------------------- the program's SIGTRAP
 */

static void keep_action(const struct sigaction *action)
{
	/* Place 0 stays SIG_DFL, for SA_RESETHAND. */
	unsigned int n = __atomic_fetch_add(&nactions, 1, __ATOMIC_RELAXED) %
			 (ACTIONS - 1);

	actions[n + 1] = *action;
	__atomic_store_n(&own, &actions[n + 1], __ATOMIC_RELEASE);
}

void alck_hook_watch_sigaction(const struct alck_entry *e, uintptr_t *args,
			       const struct alck_frame *frame)
{
	const struct sigaction *new = (const struct sigaction *)args[1];
	struct sigaction *old = (struct sigaction *)args[2];
	struct sigaction was;

	(void)e;
	(void)frame;
	if ((int)args[0] != SIGTRAP || !active)
		return;
	was = *__atomic_load_n(&own, __ATOMIC_ACQUIRE);
	if (new)
		keep_action(new);
	if (old)
		*old = was;
	/* sigaction with neither does nothing, and returns 0. */
	args[1] = 0;
	args[2] = 0;
}

static int is_watchpoint(int fd)
{
	static const char name[] = "anon_inode:[perf_event]";
	char link[32] = "/proc/self/fd/", target[64];
	struct alck_text t;
	long n;

	alck_text_begin(&t, link, sizeof(link));
	alck_text_add(&t, "/proc/self/fd/");
	alck_text_add_number(&t, (uint64_t)fd);
	n = alck_sys_readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = 0;
	return alck_text_equal(target, name);
}

static void stop(void)
{
	active = 0;
	for (unsigned int i = 0; i < nwatches; i++) {
		/* The program may have closed it and opened another. */
		if (is_watchpoint(watches[i].fd))
			alck_sys_close(watches[i].fd);
		watches[i].fd = -1;
	}
	sigaction(SIGTRAP, own, NULL);
}

void alck_hook_watch_signal(const struct alck_entry *e, uintptr_t *args,
			    const struct alck_frame *frame)
{
	(void)e;
	(void)frame;
	if ((int)args[0] != SIGTRAP || !active)
		return;
	stop();
	note("the program has taken SIGTRAP over by signal(); from now on "
	     "the hooks are sampled");
}

/* ------------------------------------------------------------------ start */

/* Since 5.19 (commit 78ed93d72d) a thread that has SIGTRAP blocked is not
 * killed by a watchpoint. */
static int has_sigtrap(void)
{
	struct utsname name;
	unsigned int version[2] = {0, 0}, i = 0;

	if (alck_syscall(SYS_uname, (long)&name, 0, 0, 0, 0, 0))
		return 0;
	for (const char *p = name.release; *p; p++) {
		if (*p >= '0' && *p <= '9')
			version[i] = version[i] * 10 + (unsigned int)(*p - '0');
		else if (*p != '.' || ++i == 2)
			break;
	}
	return version[0] > 5 || (version[0] == 5 && version[1] >= 19);
}

static int open_watchpoint(const uintptr_t *variable, int sigtrap)
{
	union {
		struct perf_event_attr attr;
		uint64_t words[ATTR_SIZE_SIGTRAP / 8];
	} u = {.words = {0}};

	u.attr.type = PERF_TYPE_BREAKPOINT;
	u.attr.size = sigtrap ? ATTR_SIZE_SIGTRAP : PERF_ATTR_SIZE_VER5;
	u.attr.sample_period = 1;
	u.attr.wakeup_events = 1;
	u.attr.bp_type = HW_BREAKPOINT_W;
	u.attr.bp_addr = (uintptr_t)variable;
	u.attr.bp_len = HW_BREAKPOINT_LEN_8;
	u.words[WORD_FLAGS] = FLAG_EXCLUDE_KERNEL | FLAG_EXCLUDE_HV;
	if (sigtrap)
		u.words[WORD_FLAGS] |=
			FLAG_SIGTRAP | FLAG_REMOVE_ON_EXEC | FLAG_INHERIT;
	return (int)alck_syscall(SYS_perf_event_open, (long)&u, 0, -1, -1,
				 PERF_FLAG_FD_CLOEXEC, 0);
}

/* Above what the program opens next. */
static int move_up(int low)
{
	int high = alck_sys_fcntl(low, F_DUPFD_CLOEXEC, 990);

	if (high < 0)
		return low;
	alck_sys_close(low);
	return high;
}

/* A signal for the thread that opened it, with the descriptor in it. */
static void tell_owner(int fd)
{
	int owner[2] = {OWNER_IS_A_THREAD, alck_sys_gettid()};

	alck_sys_fcntl(fd, SET_SIGNAL, SIGTRAP);
	alck_sys_fcntl(fd, SET_OWNER, (long)owner);
	alck_sys_fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static const char *refusal(int error)
{
	switch (error) {
	case ERROR_ACCESS:
	case ERROR_PERM:
		return "the kernel does not permit a watchpoint "
		       "(kernel.perf_event_paranoid, seccomp or a container)";
	case ERROR_NO_CALL:
		return "the kernel has no perf_event_open";
	case ERROR_NO_SPACE:
		return "the processor's watchpoints are all in use";
	default:
		return "there are no watchpoints here";
	}
}

/* From HOOK on, they are only sampled. */
static void note_refusal(int error, enum alck_hook hook)
{
	char text[192];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, refusal(error));
	alck_text_add(&t, "; ");
	alck_text_add(&t, alck_hook_name(hook));
	alck_text_add(&t, nwatches ? " is sampled"
				   : " and the others are "
				     "sampled");
	note(text);
}

static int is_watched(const uintptr_t *variable)
{
	for (unsigned int i = 0; i < nwatches; i++)
		if (watches[i].variable == variable)
			return 1;
	return 0;
}

/* Returns 0, or what the kernel said. */
static int watch(const struct alck_provider *p, enum alck_hook hook,
		 const uintptr_t *variable, int sigtrap)
{
	int fd = open_watchpoint(variable, sigtrap);

	if (fd < 0)
		return fd;
	fd = move_up(fd);
	watches[nwatches] = (struct watch){variable, p, hook, fd};
	__atomic_store_n(&nwatches, nwatches + 1, __ATOMIC_RELEASE);
	if (!sigtrap)
		tell_owner(fd);
	return 0;
}

/* The variables of HOOK, of all that read it.  Returns 0, or what the kernel
 * said. */
static int watch_all(enum alck_hook hook, int sigtrap)
{
	int error = 0;

	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX && !error; i++) {
		const struct alck_provider *p = alck_provider(i);
		const uintptr_t *variable =
			p && p->hooks ? alck_hooks_variable(p, hook) : NULL;

		if (!variable || is_watched(variable))
			continue;
		error = nwatches < WATCHES_MAX
				? watch(p, hook, variable, sigtrap)
				: ERROR_NO_SPACE;
	}
	return error;
}

void alck_hook_watch_start(void)
{
	/* The one that matters most first. */
	static const enum alck_hook order[ALCK_HOOKS] = {
		ALCK_HOOK_FREE, ALCK_HOOK_MALLOC, ALCK_HOOK_REALLOC,
		ALCK_HOOK_MEMALIGN};
	struct sigaction ours = {.sa_flags = SA_SIGINFO | SA_RESTART};
	int sigtrap = has_sigtrap(), error = 0;

	if (!alck_hook_watch_wanted())
		return;
	ours.sa_sigaction = on_trap;
	if (sigaction(SIGTRAP, &ours, &actions[1]))
		return;
	nactions = 1;
	own = &actions[1];
	for (unsigned int i = 0; i < ALCK_HOOKS && !error; i++) {
		error = watch_all(order[i], sigtrap);
		if (error)
			note_refusal(error, order[i]);
	}
	if (!error && !nwatches)
		note("nothing here reads malloc hooks: there is nothing to "
		     "watch");
	else if (nwatches && !sigtrap)
		note("this kernel watches the first thread alone; for the "
		     "others the hooks are sampled");
	if (nwatches)
		active = 1;
	else
		sigaction(SIGTRAP, own, NULL);
}
