/* SPDX-License-Identifier: MIT */
/*
 * A preload library that counts how often a program asks for memory, in the
 * file that BENCH_CALLS names: one number, calls of malloc, calloc, realloc and
 * those for alignment.  The file is mapped, so it is right however the program
 * ends; children do not count.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic unsigned long before;
static _Atomic unsigned long *calls = &before;

/* What dlsym itself asks for, in older C libraries: never freed. */
static char early[4096] __attribute__((aligned(16)));
static size_t early_used;

static void *early_alloc(size_t size)
{
	void *p = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	return early_used <= sizeof(early) ? p : NULL;
}

static int is_early(const void *p)
{
	return (const char *)p >= early &&
	       (const char *)p < early + sizeof(early);
}

/* A definition of NAME that counts and calls the next one; MEANWHILE is what it
 * returns while that is looked for. */
#define COUNTED(result, name, parameters, arguments, meanwhile)               \
	result name parameters;                                               \
	result name parameters                                                \
	{                                                                     \
		static result(*_Atomic next) parameters;                      \
		static __thread int looking;                                  \
                                                                              \
		if (!next) {                                                  \
			if (looking)                                          \
				return meanwhile;                             \
			looking = 1;                                          \
			next = (result(*) parameters)dlsym(RTLD_NEXT, #name); \
			looking = 0;                                          \
		}                                                             \
		atomic_fetch_add_explicit(calls, 1, memory_order_relaxed);    \
		return next arguments;                                        \
	}

COUNTED(void *, malloc, (size_t size), (size), early_alloc(size))
COUNTED(void *, calloc, (size_t n, size_t size), (n, size),
	early_alloc(n *size))
COUNTED(void *, memalign, (size_t alignment, size_t size), (alignment, size),
	NULL)
COUNTED(void *, aligned_alloc, (size_t alignment, size_t size),
	(alignment, size), NULL)
COUNTED(int, posix_memalign, (void **p, size_t alignment, size_t size),
	(p, alignment, size), -1)
COUNTED(void *, realloc, (void *p, size_t size), (p, size), NULL)
COUNTED(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size),
	NULL)

void free(void *p)
{
	static void (*_Atomic next)(void *);

	if (is_early(p))
		return;
	if (!next)
		next = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next(p);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("BENCH_CALLS");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_EXCL, 0600) : -1;
	void *p = MAP_FAILED;

	if (fd < 0)
		return;
	if (!ftruncate(fd, sizeof(before)))
		p = mmap(NULL, sizeof(before), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	*(_Atomic unsigned long *)p = before;
	calls = p;
}
