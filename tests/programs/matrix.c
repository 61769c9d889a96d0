/* SPDX-License-Identifier: MIT */
/*
 * Every allocating entry of one allocator against every freeing entry of
 * another, in one process:
 *
 *	matrix OWNER-FAMILY OWNER-FILE FREER-FAMILY FREER-FILE
 *
 * The entries are the rows of the family tables that the files define, so a
 * new row is a new test.  Prints a line for each call that was made:
 *
 *	ALLOC-NAMES FREE-NAMES
 *
 * with the aliases of each, separated by commas, and a line "family FAMILY
 * ENTRIES" for each side.  A block must come out of a realloc with its
 * content.  With the same family on both sides only such calls are made as
 * are right.
 */
#include <dlfcn.h>

#include "common.h"
#include "entries.h"

#define ARGS  5
#define ALIGN 64
#define SIZE  128 /* of a block: scudo wants a multiple of ALIGN */
#define COUNT 2

typedef void *(*function)(long a, long b, long c, long d, long e);

static struct library owner, freer;
static int twin; /* both sides are one family */

static int begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

static long mimalloc_heap(const struct library *library)
{
	void *(*get)(void);

	*(void **)&get = dlsym(library->handle, "mi_heap_get_default");
	must(get);
	return (long)get();
}

/* Fills ARGS for a call of ENTRY: what the row does not place is an alignment,
 * flags or an ignored reference. */
static void arguments(const struct library *library, const struct entry *entry,
		      long *args, void *ptr, size_t size)
{
	const struct alck_row *row = entry->row;
	const char *name = entry->name;
	size_t len = strlen(name);
	int i;

	for (i = 0; i < ARGS; i++)
		args[i] = ALIGN;
	/* mallocx and its kin end with flags. */
	if (name[len - 1] == 'x')
		for (i = 0; i < ARGS; i++)
			args[i] = 0;
	if (begins(name, "mi_heap_"))
		args[0] = mimalloc_heap(library);
	if (row->ptr >= 0)
		args[row->ptr] = (long)ptr;
	if (row->count >= 0) {
		args[row->count] = COUNT;
		args[row->size] = size / COUNT;
	} else if (row->size >= 0) {
		args[row->size] = size;
	}
}

static void *call(const struct entry *entry, const long *a)
{
	function f = (function)entry->function;

	return f(a[0], a[1], a[2], a[3], a[4]);
}

/* The copies: mi_strdup, mi_heap_realpath, ...  Their text is the first
 * argument after the heap, and their size is not asked for. */
static void text_arguments(const struct entry *entry, long *args)
{
	static const char path[] = "/";
	static const char text[] = "a text to be copied, with some length\0\0";
	int at = begins(entry->name, "mi_heap_");

	if (entry->row->size >= 0 || entry->row->shape != ALCK_ALLOC)
		return;
	if (strstr(entry->name, "realpath")) {
		args[at] = (long)path;
		args[at + 1] = 0;
	} else {
		args[at] = (long)text;
	}
}

NOINLINE static char *matrix_alloc(const struct entry *entry)
{
	long args[ARGS];
	void *out = NULL;
	char *p;

	if (entry->row->shape == ALCK_ALLOC_OUT) {
		arguments(&owner, entry, args, &out, SIZE);
		must(!call(entry, args));
		return out;
	}
	arguments(&owner, entry, args, NULL, SIZE);
	text_arguments(entry, args);
	p = call(entry, args);
	return p;
}

NOINLINE static void *matrix_free(const struct entry *entry, void *p)
{
	long args[ARGS];

	arguments(&freer, entry, args, p,
		  entry->row->shape == ALCK_REALLOC ? 40 * SIZE : SIZE);
	return call(entry, args);
}

/* Is FREE the right function for a block of ALLOC, of the same family? */
static int matches(const struct entry *alloc, const struct entry *release)
{
	const char *a = alloc->name, *r = release->name;
	int aligned = strstr(a, "align") || strstr(a, "valloc");

	/* A size must be the one that was asked for, and the alignment too. */
	if (release->row->shape == ALCK_FREE_SIZED)
		return !aligned && !strstr(r, "align") && alloc->row->size >= 0;
	/* A mimalloc realloc with an alignment wants a block with it. */
	if (strstr(r, "align") && strstr(r, "at"))
		return strstr(a, "_at") != NULL;
	/* scalable_aligned_free and scalable_free are two. */
	if (begins(r, "scalable_") || begins(r, "mi_free_aligned"))
		return !!strstr(r, "align") == !!strstr(a, "align");
	return 1;
}

/* What realloc gave back is the freer's to free, or the owner's when the block
 * was kept where it belongs: through the realloc's own family either way,
 * which is what a program would do. */
static const struct entry *canonical_free(const struct library *library,
					  const struct entry *like)
{
	int i, aligned = strstr(like->name, "scalable_aligned") != NULL;

	for (i = 0; i < library->nentries; i++) {
		const struct entry *e = &library->entries[i];

		if (e->row->shape != ALCK_FREE)
			continue;
		if (aligned ? !!strstr(e->name, "aligned")
			    : e->row->flags & ALCK_CANONICAL)
			return e;
	}
	die("no free in %s", library->family->name);
}

static void print(const struct entry *alloc, const struct entry *release)
{
	char a[2048], r[2048];

	entries_aliases(&owner, alloc, a, sizeof(a));
	entries_aliases(&freer, release, r, sizeof(r));
	printf("%s %s\n", a, r);
}

static void cross(const struct entry *alloc, const struct entry *release)
{
	char *p, *q;
	int i;

	if (twin && !matches(alloc, release))
		return;
	/* Not a fault, but information. */
	if (!twin && freer.family->tolerates &&
	    dlsym(freer.handle, freer.family->tolerates) == release->function)
		return;
	p = matrix_alloc(alloc);
	if (!p)
		die("%s gave nothing", alloc->name);
	if (alloc->row->size >= 0)
		memset(p, 0x6d, SIZE);
	q = matrix_free(release, p);
	print(alloc, release);
	if (release->row->shape != ALCK_REALLOC)
		return;
	must(q);
	for (i = 0; alloc->row->size >= 0 && i < SIZE; i++)
		if (q[i] != 0x6d)
			die("%s, %s: the content is lost", alloc->name,
			    release->name);
	/* Where the block is now depends on what was done with the fault:
	 * with dispatch=owner it is the owner's. */
	q = matrix_free(canonical_free(&owner, alloc), q);
}

static int is_alloc(const struct entry *e)
{
	return e->row->shape <= ALCK_ALLOC_OUT;
}

static int is_free(const struct entry *e)
{
	return e->row->shape >= ALCK_REALLOC &&
	       e->row->shape <= ALCK_FREE_SIZED;
}

/* Aliases are one function: the first name stands for all. */
static int is_alias(const struct library *library, int at)
{
	int i;

	for (i = 0; i < at; i++)
		if (library->entries[i].value == library->entries[at].value)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	int i, j;

	if (argc != 5)
		die("usage: matrix FAMILY FILE FAMILY FILE");
	entries_load(&owner, argv[1], argv[2]);
	entries_load(&freer, argv[3], argv[4]);
	twin = !strcmp(argv[2], argv[4]);
	printf("family %s %d\n", argv[1], owner.nentries);
	printf("family %s %d\n", argv[3], freer.nentries);
	for (i = 0; i < owner.nentries; i++)
		for (j = 0; j < freer.nentries; j++)
			if (is_alloc(&owner.entries[i]) &&
			    is_free(&freer.entries[j]) &&
			    !is_alias(&owner, i) && !is_alias(&freer, j))
				cross(&owner.entries[i], &freer.entries[j]);
	return 0;
}
