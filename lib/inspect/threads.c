/* SPDX-License-Identifier: MIT */
/* The threads of a process and what they wait for, by /proc: see live.h.
 * Offline. */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inspect/live.h"
#include "inspect/memory.h"

#define CACHE_LINE 64u
#define LOCK_SIZE  4u
#define FUTEX_CMD  0x7f

enum alck_lock_state alck_live_lock(struct alck_memory *memory, uint64_t at)
{
	uint32_t word;

	if (at % CACHE_LINE > CACHE_LINE - LOCK_SIZE)
		return ALCK_LOCK_SPLIT;
	/* What is mapped may have changed since the mappings were read. */
	if (!alck_memory_mapping_at(memory, at) &&
	    alck_memory_read(memory, at, &word, sizeof(word)))
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
	close(tasks);
}
