/* SPDX-License-Identifier: MIT */
/*
 * A correct program that looks at what it can see of itself: what it sees
 * must be the same under alloccheck as without.
 *
 *	citizen errno            errno through every entry that succeeds
 *	citizen fds              the next descriptors are 3, 4, 5; others are
 *	                         high and close-on-exec
 *	citizen closed PROGRAM ARGS
 *	                         becomes PROGRAM, with nothing from 3 on open
 *	citizen closeall FILE    closes everything from 3 on, puts FILE on all
 *	                         of them, then makes a mistake
 *	citizen load FILE        dlopens FILE and calls its outer()
 *	citizen smallstack       threads with the smallest stack there is
 *	citizen smallstack_bad   the same, each with a mistake
 *	citizen status N         exits with N
 *	citizen quick N          _exits with N
 *	citizen raise N          dies by signal N
 *	citizen wait FILE        makes FILE, waits for SIGTERM, exits with 7
 *	citizen chdir            changes to / and then makes a mistake
 *	citizen bad              makes a mistake
 *	citizen bad_exec PROGRAM ARGS
 *	                         makes a mistake and becomes PROGRAM
 *	citizen bad_fork         so do it and its child
 *	citizen bad_bad_fork     the same, after one more mistake
 *	citizen bad_system PROGRAM
 *	                         makes a mistake, has a shell run "PROGRAM bad"
 *	citizen bad_quick        makes a mistake and leaves by _exit
 *	citizen bad_kill         makes a mistake and dies by SIGKILL
 *	citizen preload          prints LD_PRELOAD and the options
 *	citizen memory N         has N MiB at once
 *
 * The mistake: an aligned_alloc block given to free (a fault when an allocator
 * without aligned_alloc is preloaded).
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

NOINLINE static void citizen_mistake(void)
{
	void *p;

	/* Who has allocated nothing may be no allocator at all. */
	free(opaque(malloc(10)));
	p = aligned_alloc(64, 128);
	must(p);
	free(opaque(p));
	__asm__ volatile("");
}

static void check_errno(void)
{
	static const size_t sizes[] = {1, 24, 1000, 100000, 9000000};
	void *p[8];
	unsigned int i, j;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		errno = 77;
		p[0] = malloc(sizes[i]);
		must(p[0] && errno == 77);
		p[1] = calloc(2, sizes[i]);
		must(p[1] && errno == 77);
		p[2] = realloc(malloc(8), sizes[i]);
		must(p[2] && errno == 77);
		p[3] = memalign(64, sizes[i]);
		must(p[3] && errno == 77);
		must(!posix_memalign(&p[4], 64, sizes[i]) && errno == 77);
		p[5] = aligned_alloc(64, sizes[i]);
		must(p[5] && errno == 77);
		p[6] = valloc(sizes[i]);
		must(p[6] && errno == 77);
		p[7] = reallocarray(NULL, 3, sizes[i]);
		must(p[7] && errno == 77);
		must(malloc_usable_size(p[0]) >= sizes[i] && errno == 77);
		for (j = 0; j < 8; j++) {
			free(p[j]);
			must(errno == 77);
		}
	}
	free(NULL);
	must(errno == 77);
	/* And where it must change. */
	must(!malloc((size_t)opaque((void *)(PTRDIFF_MAX - 4096))) &&
	     errno == ENOMEM);
	errno = 77;
	must(!calloc((size_t)opaque((void *)(SIZE_MAX / 2)), 4) &&
	     errno == ENOMEM);
	errno = 77;
	must(posix_memalign(&p[0], 3, 8) == EINVAL && errno == 77);
}

static void check_fds(void)
{
	struct rlimit limit;
	struct dirent *d;
	int fd[3], i;
	DIR *dir;

	dir = opendir("/proc/self/fd");
	must(dir);
	must(!getrlimit(RLIMIT_NOFILE, &limit));
	while ((d = readdir(dir))) {
		int n = atoi(d->d_name);

		if (n <= 2 || n == dirfd(dir))
			continue;
		printf("a descriptor is open: %d\n", n);
		must(fcntl(n, F_GETFD) & FD_CLOEXEC);
		must(n >=
		     (limit.rlim_cur > 512 ? 256 : (int)limit.rlim_cur / 2));
	}
	closedir(dir);
	for (i = 0; i < 3; i++) {
		fd[i] = open("/dev/null", O_RDONLY);
		must(fd[i] == 3 + i);
	}
}

/* closefrom(3), which glibc has only since 2.34. */
static void close_others(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	must(dir);
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

static void close_all(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644), i;
	struct rlimit limit;

	must(fd >= 0);
	must(!getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_cur > 4096)
		limit.rlim_cur = 4096;
	for (i = 3; i < (int)limit.rlim_cur; i++)
		if (i != fd)
			dup2(fd, i);
	citizen_mistake();
}

static void load(const char *file)
{
	void *handle = dlopen(file, RTLD_NOW);
	int (*outer)(void);

	if (!handle)
		die("%s", dlerror());
	*(void **)&outer = dlsym(handle, "outer");
	must(outer);
	printf("outer says %d\n", outer());
}

static void *little(void *bad)
{
	void *p[100];
	int i;

	for (i = 0; i < 100; i++)
		p[i] = malloc(i * 37);
	for (i = 0; i < 100; i++)
		p[i] = realloc(p[i], i * 60 + 1);
	for (i = 0; i < 100; i++)
		free(p[i]);
	if (bad)
		citizen_mistake();
	return NULL;
}

static void small_stacks(int bad)
{
	pthread_attr_t attr;
	pthread_t thread;
	size_t size = PTHREAD_STACK_MIN;
	int i;

	if (size < 16384)
		size = 16384;
	must(!pthread_attr_init(&attr));
	must(!pthread_attr_setstacksize(&attr, size));
	for (i = 0; i < 20; i++) {
		must(!pthread_create(&thread, &attr, little,
				     bad ? &attr : NULL));
		must(!pthread_join(thread, NULL));
	}
}

static void on_term(int sig)
{
	(void)sig;
	_exit(7);
}

static void wait_for_term(const char *file)
{
	int fd;

	signal(SIGTERM, on_term);
	fd = open(file, O_WRONLY | O_CREAT, 0644);
	must(fd >= 0);
	close(fd);
	for (;;)
		pause();
}

static void memory(size_t mib)
{
	void *p;
	size_t i;

	for (i = 0; i < mib * 16; i++) {
		p = malloc(65536);
		must(p);
		*(void *volatile *)p = p;
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *with = argc > 2 ? argv[2] : "0";

	if (!strcmp(what, "errno")) {
		check_errno();
	} else if (!strcmp(what, "fds")) {
		check_fds();
	} else if (!strcmp(what, "closed")) {
		close_others();
		execvp(with, argv + 2);
		die("%s cannot be run", with);
	} else if (!strcmp(what, "closeall")) {
		close_all(with);
	} else if (!strcmp(what, "load")) {
		load(with);
	} else if (!strcmp(what, "smallstack")) {
		small_stacks(0);
	} else if (!strcmp(what, "smallstack_bad")) {
		small_stacks(1);
	} else if (!strcmp(what, "status")) {
		return atoi(with);
	} else if (!strcmp(what, "quick")) {
		_exit(atoi(with));
	} else if (!strcmp(what, "raise")) {
		raise(atoi(with));
	} else if (!strcmp(what, "wait")) {
		wait_for_term(with);
	} else if (!strcmp(what, "chdir")) {
		must(!chdir("/"));
		citizen_mistake();
	} else if (!strcmp(what, "bad")) {
		citizen_mistake();
	} else if (!strcmp(what, "bad_exec")) {
		citizen_mistake();
		execvp(with, argv + 2);
		die("%s cannot be run", with);
	} else if (!strcmp(what, "bad_system")) {
		char line[4096];

		citizen_mistake();
		snprintf(line, sizeof(line), "'%s' bad; :", with);
		must(!system(line));
	} else if (!strcmp(what, "bad_fork") || !strcmp(what, "bad_bad_fork")) {
		pid_t child;

		if (what[4] == 'b')
			citizen_mistake();
		child = fork();

		must(child >= 0);
		citizen_mistake();
		if (child)
			waitpid(child, NULL, 0);
	} else if (!strcmp(what, "bad_quick")) {
		citizen_mistake();
		_exit(0);
	} else if (!strcmp(what, "bad_kill")) {
		citizen_mistake();
		raise(SIGKILL);
	} else if (!strcmp(what, "preload")) {
		printf("%s\n%s\n", getenv("LD_PRELOAD"),
		       getenv("ALLOCCHECK_OPTIONS"));
	} else if (!strcmp(what, "memory")) {
		memory(atol(with));
	} else {
		die("citizen: %s?", what);
	}
	puts("citizen: well");
	fputs("citizen: well too\n", stderr);
	return 0;
}
