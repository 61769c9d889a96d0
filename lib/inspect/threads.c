/* SPDX-License-Identifier: MIT */
/*
 * The threads of a process and what they wait for: see live.h.  All of it is
 * read from /proc: no thread is stopped.
 *
 * A thread that tries for a lock which lies across a cache line does not sleep
 * on it: the kernel refuses a futex that is not aligned at once, and the thread
 * tries again, each time with a bus lock.  It is seen in the system call only
 * now and then; so who runs is looked at several times.
 */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inspect/live.h"
#include "inspect/memory.h"

#define CACHE_LINE 64u
#define LOCK_SIZE  4u
#define TRIES	   64 /* looks at threads that run */
#define PAUSE_NS   200000
#define FUTEX_CMD  0x7f

enum alck_lock_state alck_live_lock(const struct alck_memory *memory,
				    uint64_t at)
{
	const struct alck_mapping *m = alck_memory_mapping_at(memory, at);

	if (at % CACHE_LINE > CACHE_LINE - LOCK_SIZE)
		return ALCK_LOCK_SPLIT;
	if (!m || !m->readable)
		return ALCK_LOCK_UNMAPPED;
	return at % LOCK_SIZE ? ALCK_LOCK_MISALIGNED : ALCK_LOCK_FINE;
}

/* Reads what fits of DIR/NAME; returns its length, -1 if it may not. */
static ssize_t read_at(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

/* Does the call wait for, or lock, a futex? */
static int waits(const struct alck_live_thread *t)
{
	long command = (long)(t->arguments[1] & FUTEX_CMD);

	/* FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2 */
	return t->call == ALCK_THREAD_CALL && t->number == SYS_futex &&
	       (command == 0 || command == 6 || command == 9 || command == 11 ||
		command == 13);
}

void alck_live_judge_call(const struct alck_scene *scene,
			  struct alck_live_thread *t)
{
	t->lock = waits(t) ? alck_live_lock(scene->memory, t->arguments[0])
			   : ALCK_LOCK_NONE;
}

/* "running"; or "NUMBER ARGUMENT... SP PC", and NUMBER -1 for no call. */
static void parse_call(const struct alck_scene *scene,
		       struct alck_live_thread *t, const char *text)
{
	uint64_t *a = t->arguments;

	t->lock = ALCK_LOCK_NONE;
	t->call = ALCK_THREAD_RUNNING;
	if (!strncmp(text, "running", 7))
		return;
	t->call = ALCK_THREAD_UNKNOWN;
	if (sscanf(text,
		   "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
		   " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
		   &t->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &t->sp,
		   &t->pc) == 9)
		t->call = ALCK_THREAD_CALL;
	else if (sscanf(text, "-1 %" SCNx64 " %" SCNx64, &t->sp, &t->pc) == 2)
		t->call = ALCK_THREAD_BLOCKED;
	alck_live_judge_call(scene, t);
}

static void look(const struct alck_scene *scene, struct alck_live_thread *t,
		 int tasks)
{
	char path[64], text[512];

	t->tries++;
	snprintf(path, sizeof(path), "%ld/syscall", (long)t->tid);
	if (read_at(tasks, path, text, sizeof(text)) > 0)
		parse_call(scene, t, text);
	else
		t->call = ALCK_THREAD_UNKNOWN;
}

/* "TID (NAME) STATE ...": NAME may hold anything. */
static void read_stat(struct alck_live_thread *t, int tasks)
{
	char path[64], text[512], *open, *close;
	size_t len;

	snprintf(path, sizeof(path), "%ld/stat", (long)t->tid);
	if (read_at(tasks, path, text, sizeof(text)) <= 0)
		return;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open || !close[1])
		return;
	len = (size_t)(close - open - 1);
	if (len >= sizeof(t->name))
		len = sizeof(t->name) - 1;
	memcpy(t->name, open + 1, len);
	t->state = close[2];
}

static void list(struct alck_scene *scene, struct alck_live *live, int tasks)
{
	DIR *dir = fdopendir(dup(tasks));
	size_t room = 0;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct alck_live_thread *more;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (live->nthreads == room) {
			room = 2 * room + 16;
			more = alck_arena_alloc(&scene->arena,
						room * sizeof(*more));
			if (!more)
				break;
			if (live->nthreads)
				memcpy(more, live->threads,
				       live->nthreads * sizeof(*more));
			live->threads = more;
		}
		live->threads[live->nthreads++].tid =
			(pid_t)strtol(e->d_name, NULL, 10);
	}
	if (dir)
		closedir(dir);
}

static int by_tid(const void *a, const void *b)
{
	const struct alck_live_thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

void alck_live_threads(struct alck_scene *scene, struct alck_live *live,
		       const char *proc, pid_t pid)
{
	const struct timespec pause = {0, PAUSE_NS};
	char path[4096];
	int tasks;

	snprintf(path, sizeof(path), "%s/%ld/task", proc, (long)pid);
	tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tasks < 0)
		return;
	list(scene, live, tasks);
	if (live->nthreads)
		qsort(live->threads, live->nthreads, sizeof(*live->threads),
		      by_tid);
	for (size_t i = 0; i < live->nthreads; i++) {
		read_stat(&live->threads[i], tasks);
		look(scene, &live->threads[i], tasks);
	}
	for (int n = 0; n < TRIES; n++) {
		int running = 0;

		for (size_t i = 0; i < live->nthreads; i++) {
			struct alck_live_thread *t = &live->threads[i];

			if (t->call != ALCK_THREAD_RUNNING &&
			    !(t->state == 'R' && t->lock == ALCK_LOCK_NONE))
				continue;
			look(scene, t, tasks);
			running++;
		}
		if (!running)
			break;
		nanosleep(&pause, NULL);
	}
	close(tasks);
}
