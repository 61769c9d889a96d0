/* SPDX-License-Identifier: MIT */
/*
 * A home-made allocator to be preloaded: malloc, calloc, realloc and free and
 * no other entry, so that libc serves the rest.  A block lies behind a header
 * with its size; nothing is used again.  own_pool gives out memory that no
 * entry has produced, and free takes it: a block nobody can know.
 * With PATCHABLE a jump can be put into malloc while it runs.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "common.h"

#define POOL (256ul << 20)

static char *pool;
static size_t used;

static void *take(size_t size)
{
	size_t need = ((size + 15) & ~15ul) + 16, at;
	char *p = __atomic_load_n(&pool, __ATOMIC_ACQUIRE);

	if (!p) {
		char *fresh = mmap(NULL, POOL, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				   -1, 0);

		if (fresh == MAP_FAILED)
			return NULL;
		if (__atomic_compare_exchange_n(&pool, &p, fresh, 0,
						__ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			p = fresh;
		else
			munmap(fresh, POOL);
	}
	if (size > POOL / 2)
		goto full;
	at = __atomic_fetch_add(&used, need, __ATOMIC_RELAXED);
	if (at + need > POOL)
		goto full;
	*(size_t *)(p + at) = size;
	return p + at + 16;
full:
	errno = ENOMEM;
	return NULL;
}

#ifdef PATCHABLE
/* Its first instruction is as long as a jump, in one word: see detour-plan.h.
 */
__attribute__((used)) static void *take_for_malloc(size_t size)
{
	return take(size);
}
__asm__(".text\n"
	".p2align 4\n"
	".globl malloc\n"
	".type malloc, @function\n"
	"malloc:\n"
	"	.cfi_startproc\n"
	"	mov $1, %eax\n"
	"	jmp take_for_malloc\n"
	"	.cfi_endproc\n"
	".size malloc, .-malloc\n");
#else
EXPORT void *malloc(size_t size)
{
	return take(size);
}
#endif

EXPORT void *calloc(size_t count, size_t size)
{
	/* Fresh memory is zero. */
	return size && count > SIZE_MAX / size ? NULL : take(count * size);
}

EXPORT void free(void *p)
{
	char *c = p;

	/* Not ours: libc would not even say so. */
	if (c && (c < pool || c >= pool + POOL))
		abort();
}

EXPORT void *realloc(void *p, size_t size)
{
	void *q = take(size);
	size_t old;

	if (!p || !q)
		return q;
	old = *(size_t *)((char *)p - 16);
	memcpy(q, p, old < size ? old : size);
	free(p);
	return q;
}

EXPORT void *own_pool(size_t size)
{
	return take(size);
}
