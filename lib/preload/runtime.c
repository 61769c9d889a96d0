/* SPDX-License-Identifier: MIT */
/* What the whole library shares: see runtime.h.  Signal-safe. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define KEEP_CHUNK (64 * 1024)
#define KEEP_FIRST (256 * 1024)

struct alck_runtime alck_runtime;

uint64_t alck_time(void)
{
	return alck_sys_now(CLOCK_MONOTONIC) - alck_runtime.started;
}

unsigned long alck_auxv(unsigned long type)
{
	const unsigned long *a = alck_runtime.auxv;

	for (; a && a[0]; a += 2)
		if (a[0] == type)
			return a[1];
	return 0;
}

const char *alck_runtime_variable(const char *name)
{
	size_t n = alck_text_length(name);

	for (char *const *e = alck_runtime.envp; e && *e; e++)
		if (alck_text_begins(*e, name) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

int alck_runtime_root(uint64_t *device, uint64_t *inode)
{
	struct stat st;

	if (alck_syscall(SYS_newfstatat, -100, (long)"/", (long)&st, 0, 0, 0))
		return -1;
	*device = st.st_dev;
	*inode = st.st_ino;
	return 0;
}

struct chunk {
	size_t used, size; /* behind this */
};

/*
 * The first chunk is there from the start: where the kernel refuses memory,
 * the modules and entry points of the start are known all the same, and each
 * call finds its next definition.  Only what is used of it becomes memory.
 */
static union {
	struct chunk chunk;
	char room[KEEP_FIRST];
} first;

void *alck_keep(size_t size)
{
	static struct chunk *current;

	size = (size + 15) & ~(size_t)15;
	for (;;) {
		struct chunk *c = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
		struct chunk *fresh, *in = c ? c : &first.chunk;
		size_t room = c ? c->size : KEEP_FIRST - sizeof(*in);
		size_t want, at;

		at = __atomic_fetch_add(&in->used, size, __ATOMIC_RELAXED);
		if (at + size <= room)
			return (char *)(in + 1) + at;
		want = size + sizeof(*fresh);
		if (want < KEEP_CHUNK)
			want = KEEP_CHUNK;
		fresh = alck_sys_mmap(NULL, want, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS);
		if (!fresh)
			return NULL;
		fresh->size = want - sizeof(*fresh);
		if (!__atomic_compare_exchange_n(&current, &c, fresh, 0,
						 __ATOMIC_RELEASE,
						 __ATOMIC_RELAXED))
			alck_sys_munmap(fresh, want);
	}
}

const char *alck_keep_text(const char *s)
{
	size_t n = alck_text_length(s) + 1;
	char *p = alck_keep(n);

	if (!p)
		return "?";
	for (size_t i = 0; i < n; i++)
		p[i] = s[i];
	return p;
}

struct kept {
	struct kept *next;
	char text[];
};

const char *alck_keep_once(const char *s)
{
	static struct kept *lists[64];
	size_t n = alck_text_length(s) + 1;
	struct kept **list = &lists[(n + (unsigned char)s[n / 2]) % 64], *k;

	for (k = __atomic_load_n(list, __ATOMIC_ACQUIRE); k; k = k->next)
		if (alck_text_equal(k->text, s))
			return k->text;
	k = alck_keep(sizeof(*k) + n);
	if (!k)
		return "?";
	for (size_t i = 0; i < n; i++)
		k->text[i] = s[i];
	k->next = __atomic_load_n(list, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(list, &k->next, k, 0,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
	return k->text;
}

void alck_say(const char *text)
{
	/* It may be a file, or a pipe that nobody reads. */
	alck_sys_write_file(2, text, alck_text_length(text));
}
