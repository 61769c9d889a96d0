/* SPDX-License-Identifier: MIT */
/*
 * Writes the C source of a library that exports what an allocator family
 * exports, for families of which there is no library to test with:
 *
 *	make-family FAMILY
 *
 * Each row of the family's table becomes a function of its shape on one small
 * allocator, which aborts when it is given a block that is not its own; the
 * marks that are no rows become functions that do nothing.
 */
#include "common.h"
#include "contract/families.h"

#define NAMES 256

static char names[NAMES][96];
static int nnames;

static int is_new(const char *name)
{
	int i;

	for (i = 0; i < nnames; i++)
		if (!strcmp(names[i], name))
			return 0;
	must(nnames < NAMES);
	snprintf(names[nnames++], sizeof(names[0]), "%s", name);
	return 1;
}

/* The bytes that a call asks for. */
static void print_size(const struct alck_row *row)
{
	if (row->size < 0)
		printf("64");
	else if (row->count < 0)
		printf("a%d", row->size);
	else
		printf("a%d * a%d", row->size, row->count);
}

static void print_body(const struct alck_row *row)
{
	switch (row->shape) {
	case ALCK_ALLOC:
	case ALCK_ALLOC_ARRAY:
	case ALCK_ALLOC_ALIGNED:
		printf("return take(");
		print_size(row);
		printf(");");
		break;
	case ALCK_ALLOC_OUT:
		printf("*(word *)a%d = take(", row->ptr);
		print_size(row);
		printf("); return 0;");
		break;
	case ALCK_REALLOC:
		printf("return resize(a%d, ", row->ptr);
		print_size(row);
		printf(");");
		break;
	case ALCK_FREE:
	case ALCK_FREE_SIZED:
		printf("give(a%d); return 0;", row->ptr);
		break;
	case ALCK_QUERY:
		printf("return size_of(a%d);", row->ptr);
		break;
	default:
		printf("return 0;");
		break;
	}
}

static void print_allocator(void)
{
	puts("#include <stddef.h>\n"
	     "#include <stdlib.h>\n"
	     "#include <sys/mman.h>\n"
	     "typedef unsigned long word;\n"
	     "#define POOL (64ul << 20)\n"
	     "#define EXPORT __attribute__((visibility(\"default\"), used))\n"
	     "static char *pool;\n"
	     "static word used;\n"
	     "static word take(word size)\n"
	     "{\n"
	     "	word need = ((size + 63) & ~63ul) + 64, at;\n"
	     "	if (!pool)\n"
	     "		pool = mmap(NULL, POOL, PROT_READ | PROT_WRITE,\n"
	     "			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
	     "	at = __atomic_fetch_add(&used, need, __ATOMIC_RELAXED);\n"
	     "	if (at + need > POOL)\n"
	     "		return 0;\n"
	     "	*(word *)(pool + at) = size;\n"
	     "	return (word)pool + at + 64;\n"
	     "}\n"
	     "static word size_of(word p)\n"
	     "{\n"
	     "	if (p && (p < (word)pool || p >= (word)pool + POOL))\n"
	     "		abort();\n"
	     "	return p ? *(word *)(p - 64) : 0;\n"
	     "}\n"
	     "static void give(word p)\n"
	     "{\n"
	     "	size_of(p);\n"
	     "}\n"
	     "static word resize(word p, word size)\n"
	     "{\n"
	     "	word q = take(size), n = size_of(p), i;\n"
	     "	for (i = 0; q && i < n && i < size; i++)\n"
	     "		((volatile char *)q)[i] = ((char *)p)[i];\n"
	     "	return q;\n"
	     "}");
}

static void print_function(const char *prefix, const struct alck_row *row)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%s", prefix, row->name);
	if (!is_new(name))
		return;
	printf("EXPORT word f%d(word a0, word a1, word a2, word a3, word a4)\n"
	       "	__asm__(\"%s\");\n"
	       "word f%d(word a0, word a1, word a2, word a3, word a4)\n{\n\t",
	       nnames, name, nnames);
	print_body(row);
	printf("\n}\n");
}

int main(int argc, char **argv)
{
	const struct alck_family *f;
	const struct alck_row_set *set;
	const char *const *p;

	f = argc == 2 ? alck_family_find(argv[1]) : NULL;
	if (!f)
		die("usage: make-family FAMILY");
	print_allocator();
	for (set = f->sets; set->rows; set++)
		for (p = set->prefixes; *p; p++) {
			const struct alck_row *row;

			for (row = set->rows; row->name; row++)
				print_function(*p, row);
		}
	for (p = f->marks; *p; p++)
		if (is_new(*p))
			printf("EXPORT void m%d(void) __asm__(\"%s\");\n"
			       "void m%d(void)\n{\n}\n",
			       nnames, *p, nnames);
	return 0;
}
