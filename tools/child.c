/* SPDX-License-Identifier: MIT */
/*
 * Running a program as if nobody stood in between: see launch.h.
 *
 * The child is in our process group, so what the terminal sends (Ctrl-C,
 * Ctrl-Z, a hang-up) reaches both of us; we swallow it and wait for what the
 * child makes of it.  What a process sends to us alone is passed on.  All
 * signals are blocked and taken with sigwaitinfo, so there is no handler and
 * no race.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/launch.h"

/* Everything but what cannot be caught and what our own mistakes raise. */
static void signals_to_take(sigset_t *set)
{
	static const int left[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL,
				   SIGTRAP, SIGSYS, 0};

	sigfillset(set);
	for (int i = 0; left[i]; i++)
		sigdelset(set, left[i]);
}

/* The kernel's own signals went to the whole foreground group, the child too;
 * but a timer set before we were started (alarm, then exec) is ours alone. */
static int is_for_child(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGALRM:
	case SIGVTALRM:
	case SIGPROF:
		return 1;
	default:
		return info->si_code <= 0 && info->si_pid != getpid();
	}
}

static void pass_on(pid_t child, const siginfo_t *info)
{
	if (!is_for_child(info))
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(child, info->si_signo, info->si_value);
	else
		kill(child, info->si_signo);
}

/* Has the child ended?  When the terminal's job control has stopped it, stop
 * as well, so that the shell sees the job stopped; its SIGCONT goes to both.
 * A plain SIGSTOP is left alone: whoever sent it to the child alone will
 * continue the child alone. */
static int child_ended(pid_t child, int *status)
{
	pid_t got;

	while ((got = waitpid(child, status, WNOHANG | WUNTRACED)) == child) {
		if (!WIFSTOPPED(*status))
			return 1;
		if (WSTOPSIG(*status) == SIGTSTP ||
		    WSTOPSIG(*status) == SIGTTIN ||
		    WSTOPSIG(*status) == SIGTTOU)
			kill(getpid(), SIGSTOP);
	}
	return got < 0 && errno == ECHILD;
}

/* Until a signal is there to be taken, which WAKER tells. */
static void serve(struct alck_collector *collector, int waker)
{
	struct pollfd fds[256] = {{waker, POLLIN, 0}};
	size_t n;

	do {
		alck_collector_serve(collector);
		n = 1 + alck_collector_fds(collector, fds + 1, 255);
	} while (poll(fds, n, -1) >= 0 && !fds[0].revents);
}

static void wait_for(pid_t child, struct alck_collector *collector,
		     const sigset_t *taken, int *status)
{
	int waker = collector ? signalfd(-1, taken, SFD_CLOEXEC | SFD_NONBLOCK)
			      : -1;
	siginfo_t info;

	while (!child_ended(child, status)) {
		if (waker >= 0)
			serve(collector, waker);
		if (sigwaitinfo(taken, &info) > 0 && info.si_signo != SIGCHLD)
			pass_on(child, &info);
	}
	if (waker >= 0)
		close(waker);
}

/* In the child: the mask and SIGCHLD as we found them, then the program.  An
 * errno goes back through REPORT, which a successful exec closes. */
static void become(char **argv, const sigset_t *mask,
		   const struct sigaction *sigchld, int report)
{
	int error;

	sigaction(SIGCHLD, sigchld, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	error = errno;
	while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
		continue;
	_exit(ALCK_EXIT_NOT_FOUND);
}

/* A pipe above the numbers that a program may count on: the child's end must
 * not be one that it was told to find closed. */
static int open_report(int fds[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC))
		return -1;
	for (int i = 0; i < 2; i++) {
		fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 64);
		if (fds[i] < 0)
			fds[i] = low[i];
		else
			close(low[i]);
	}
	return 0;
}

int alck_child_run(char **argv, struct alck_collector *collector, pid_t *pid,
		   int *status)
{
	struct sigaction plain = {.sa_handler = SIG_DFL}, sigchld;
	sigset_t taken, mask;
	int report[2], error = 0;

	*pid = 0;
	if (open_report(report))
		return errno;
	signals_to_take(&taken);
	sigprocmask(SIG_BLOCK, &taken, &mask);
	/* Ignored, it would take the child's status away from us. */
	sigaction(SIGCHLD, &plain, &sigchld);
	*pid = fork();
	if (!*pid)
		become(argv, &mask, &sigchld, report[1]);
	close(report[1]);
	if (*pid < 0) {
		error = errno;
		*pid = 0;
	} else {
		while (read(report[0], &error, sizeof(error)) < 0 &&
		       errno == EINTR)
			continue;
		wait_for(*pid, collector, &taken, status);
	}
	close(report[0]);
	/* The mask stays: what comes now must not cut the summary short. */
	return error;
}

int alck_child_mimic(int status)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	struct rlimit none = {0, 0};
	sigset_t set;
	int sig;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	/* The child has left the core worth having. */
	sig = WTERMSIG(status);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sigaction(sig, &plain, NULL);
	kill(getpid(), sig);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + sig;
}
