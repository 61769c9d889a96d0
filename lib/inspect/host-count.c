/* SPDX-License-Identifier: MIT */
/*
 * Bus locks of every process, counted for a while: see host.h.  Offline.
 *
 * A counter of the processor's for each thread, as perf stat -t opens it.  It
 * counts what the thread does and stops nothing.
 */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inspect/host.h"
#include "report/split-lock.h"

struct counter {
	int fd;
	pid_t pid;
};

struct counters {
	struct counter *all;
	size_t n, room;
	int error; /* of the last one that could not be opened */
};

static int open_counter(uint64_t raw, pid_t tid)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_RAW;
	attr.size = PERF_ATTR_SIZE_VER5;
	attr.config = raw;
	attr.exclude_kernel = 1;
	attr.exclude_hv = 1;
	return (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

static void add(struct counters *c, uint64_t raw, pid_t pid, pid_t tid)
{
	struct counter *grown;
	int fd = open_counter(raw, tid);

	if (fd < 0) {
		if (errno != ESRCH)
			c->error = errno;
		return;
	}
	if (c->n == c->room) {
		c->room = c->room ? 2 * c->room : 256;
		grown = realloc(c->all, c->room * sizeof(*grown));
		if (!grown) {
			c->error = ENOMEM;
			close(fd);
			c->room = c->n;
			return;
		}
		c->all = grown;
	}
	c->all[c->n++] = (struct counter){fd, pid};
}

/* Calls VISIT for each number among the names in FOLDER. */
static void each_number(const char *folder,
			void (*visit)(long number, void *data), void *data)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(strtol(entry->d_name, NULL, 10), data);
	closedir(dir);
}

struct walk {
	struct counters *counters;
	uint64_t raw;
	pid_t pid;
};

static void visit_thread(long tid, void *data)
{
	struct walk *w = data;

	add(w->counters, w->raw, w->pid, (pid_t)tid);
}

static void visit_process(long pid, void *data)
{
	struct walk *w = data;
	char path[64];

	w->pid = (pid_t)pid;
	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	each_number(path, visit_thread, w);
}

static void name_of(pid_t pid, char *name, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	file = fopen(path, "re");
	*name = 0;
	if (!file)
		return;
	if (!fgets(name, (int)size, file))
		*name = 0;
	name[strcspn(name, "\n")] = 0;
	fclose(file);
}

static void add_count(struct alck_host *h, pid_t pid, uint64_t locks)
{
	struct alck_host_count *grown;

	for (size_t i = 0; i < h->ncounts; i++)
		if (h->counts[i].pid == pid) {
			h->counts[i].locks += locks;
			return;
		}
	grown = realloc(h->counts, (h->ncounts + 1) * sizeof(*grown));
	if (!grown)
		return;
	h->counts = grown;
	grown += h->ncounts++;
	grown->pid = pid;
	grown->locks = locks;
	name_of(pid, grown->name, sizeof(grown->name));
}

static int by_locks(const void *a, const void *b)
{
	const struct alck_host_count *p = a, *q = b;

	return (p->locks < q->locks) - (p->locks > q->locks);
}

static const char *refusal(struct alck_host *h, int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "the kernel offers no counters of this processor (a "
		       "virtual machine mostly has none)";
	case EACCES:
	case EPERM:
		return "the kernel does not permit it "
		       "(kernel.perf_event_paranoid): try it as root";
	default:
		return alck_arena_printf(&h->arena, "perf_event_open: %s",
					 strerror(error));
	}
}

void alck_host_count(struct alck_host *h, double seconds)
{
	const struct alck_bus_lock_event *event =
		alck_bus_lock_event(&h->machine);
	struct counters counters = {NULL, 0, 0, 0};
	struct walk walk = {.counters = &counters};
	struct timespec pause = {(time_t)seconds, 0};
	struct rlimit files;

	if (!event) {
		h->why_not_counted = "the event that counts bus locks on this "
				     "processor is not known";
		return;
	}
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	walk.raw = strtoull(event->raw + 1, NULL, 16); /* "r0125" */
	each_number("/proc", visit_process, &walk);
	if (!counters.n) {
		h->why_not_counted =
			refusal(h, counters.error ? counters.error : EPERM);
		return;
	}
	nanosleep(&pause, NULL);
	for (size_t i = 0; i < counters.n; i++) {
		uint64_t locks;

		if (read(counters.all[i].fd, &locks, sizeof(locks)) ==
			    sizeof(locks) &&
		    locks)
			add_count(h, counters.all[i].pid, locks);
		close(counters.all[i].fd);
	}
	free(counters.all);
	h->counted_seconds = seconds;
	if (h->ncounts)
		qsort(h->counts, h->ncounts, sizeof(*h->counts), by_locks);
}
