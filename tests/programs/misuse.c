/* SPDX-License-Identifier: MIT */
/*
 * Frees that are wrong with one allocator alone, and must never be called a
 * mix of two:
 *
 *	misuse double|double_thread|double_realloc|stack|static|inside|odd|none
 *
 * Each prints "misuse: still alive" when it lives to see it.
 */
#include <pthread.h>

#include "common.h"

static char fixed[256] __attribute__((aligned(16)));

NOINLINE static void *misuse_alloc(size_t size)
{
	void *p = malloc(size);

	must(p);
	memset(opaque(p), 'm', size);
	return opaque(p);
}

/* The two differ, or the compiler makes one of them. */
NOINLINE static void first_free(void *p)
{
	free(opaque(p));
	__asm__ volatile("nop");
}

NOINLINE static void second_free(void *p)
{
	free(opaque(p));
	__asm__ volatile("nop; nop");
}

NOINLINE static void second_realloc(void *p)
{
	p = realloc(opaque(p), 4000);
	__asm__ volatile("" : : "r"(p));
}

NOINLINE static void wild_free(void *p)
{
	free(opaque(p));
	__asm__ volatile("");
}

static void *first_free_thread(void *p)
{
	first_free(p);
	return NULL;
}

static void misuse(const char *what)
{
	char local[256] __attribute__((aligned(16)));
	char *p = misuse_alloc(200);
	pthread_t thread;

	memset(local, 0, sizeof(local));
	if (!strcmp(what, "double")) {
		first_free(p);
		second_free(p);
	} else if (!strcmp(what, "double_thread")) {
		must(!pthread_create(&thread, NULL, first_free_thread, p));
		pthread_join(thread, NULL);
		second_free(p);
	} else if (!strcmp(what, "double_realloc")) {
		first_free(p);
		second_realloc(p);
	} else if (!strcmp(what, "stack")) {
		wild_free(local + 64);
		first_free(p);
	} else if (!strcmp(what, "static")) {
		wild_free(fixed + 64);
		first_free(p);
	} else if (!strcmp(what, "inside")) {
		wild_free(p + 64);
		first_free(p);
	} else if (!strcmp(what, "odd")) {
		wild_free(p + 65);
		first_free(p);
	} else if (!strcmp(what, "none")) {
		first_free(p);
		first_free(NULL);
	} else {
		die("misuse: %s?", what);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("usage: misuse WHAT");
	misuse(argv[1]);
	puts("misuse: still alive");
	return 0;
}
