/* SPDX-License-Identifier: MIT */
/*
 * Blocks of unusual sizes and from unusual places; at the end one of them
 * goes to libc's own free, a fault when another allocator is preloaded:
 *
 *	blocks tiny        100,000 blocks of 1 to 8 bytes, two in 16 bytes
 *	blocks size N      one block of N bytes
 *	blocks threads N   N short-lived threads, whose blocks others free
 *	blocks moved       blocks that grow and shrink by realloc, to 64 MiB
 *	blocks keys        blocks freed by destructors of thread-specific data
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>

#include "common.h"

#define TINY 100000

static pthread_key_t keys[4];

NOINLINE static void blocks_last(size_t size)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void (*libc_free)(void *);
	void *p = malloc(size);

	must(libc && p);
	*(void **)&libc_free = dlsym(libc, "free");
	libc_free(opaque(p));
	__asm__ volatile("");
}

static void tiny(void)
{
	static void *p[TINY];
	int i;

	for (i = 0; i < TINY; i++) {
		p[i] = malloc(1 + i % 8);
		must(p[i]);
	}
	for (i = 0; i < TINY; i += 2)
		free(p[i]);
	blocks_last(8);
	for (i = 0; i < TINY; i += 2)
		p[i] = malloc(8);
	for (i = 0; i < TINY; i++)
		free(p[i]);
}

static void *one_thread(void *old)
{
	void *p[10];
	int i;

	for (i = 0; i < 10; i++)
		p[i] = malloc(20 + i);
	free(old);
	for (i = 1; i < 10; i++)
		free(p[i]);
	return p[0];
}

static void threads(long n)
{
	pthread_t thread;
	void *carried = NULL;
	long i;

	for (i = 0; i < n; i++) {
		must(!pthread_create(&thread, NULL, one_thread, carried));
		must(!pthread_join(thread, &carried));
	}
	free(carried);
	blocks_last(33);
}

static void moved(void)
{
	char *p[20] = {NULL};
	size_t size;
	int i;

	for (size = 1; size <= 64u << 20; size *= 3) {
		for (i = 0; i < 20; i++) {
			p[i] = realloc(p[i], size >> (i % 4));
			must(p[i] || !(size >> (i % 4)));
			if (p[i])
				p[i][0] = (char)i;
		}
	}
	for (size = 64u << 20; size; size /= 5) {
		for (i = 0; i < 20; i++) {
			p[i] = realloc(p[i], size + (size_t)i);
			must(p[i] && p[i][0] == (char)i);
		}
	}
	for (i = 0; i < 20; i++)
		free(p[i]);
	blocks_last(77);
}

static void *keyed(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 4; i++)
		pthread_setspecific(keys[i], malloc(50));
	return NULL;
}

static void destroy(void *p)
{
	/* And allocates while the thread goes. */
	free(malloc(60));
	free(p);
}

static void run_keys(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 4; i++)
		must(!pthread_key_create(&keys[i], destroy));
	for (i = 0; i < 200; i++) {
		must(!pthread_create(&thread, NULL, keyed, NULL));
		must(!pthread_join(thread, NULL));
	}
	blocks_last(44);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "tiny"))
		tiny();
	else if (!strcmp(what, "size") && argc > 2)
		blocks_last(strtoul(argv[2], NULL, 10));
	else if (!strcmp(what, "threads") && argc > 2)
		threads(atol(argv[2]));
	else if (!strcmp(what, "moved"))
		moved();
	else if (!strcmp(what, "keys"))
		run_keys();
	else
		die("blocks: %s?", what);
	puts("blocks: done");
	return 0;
}
