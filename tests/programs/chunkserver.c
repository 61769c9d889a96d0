/* SPDX-License-Identifier: MIT */
/*
 * A server after its rush hour: many blocks, in two threads, of which all are
 * freed but the last of each; or, scattered, but every sixteenth; or, tiny,
 *none of 1 to 40 bytes each.
 *
 *	chunkserver [scattered|tiny]
 *
 * Prints the addresses of the last blocks, which stay, and waits for the end of
 *its standard input.
 */
#include <pthread.h>
#include <unistd.h>

#include "common.h"

#define BLOCKS 20000

/* More than any allocator gives each block, and so that none has a mapping of
 * its own. */
#define SIZE 1000

static int every = BLOCKS; /* so many-th block stays */
static int tiny;

NOINLINE static void *serve(void)
{
	static __thread void *blocks[BLOCKS];

	for (int i = 0; i < BLOCKS; i++) {
		size_t size = tiny ? i % 40 + 1u : SIZE;

		blocks[i] = malloc(size);
		must(blocks[i]);
		memset(blocks[i], 1, size);
	}
	for (int i = 0; i < BLOCKS - 1; i++)
		if ((i + 1) % every)
			free(blocks[i]);
	return blocks[BLOCKS - 1];
}

static void *in_a_thread(void *done)
{
	printf("%p\n", serve());
	fflush(stdout);
	pthread_barrier_wait(done);
	pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_barrier_t done;
	pthread_t thread;
	char byte;

	must(!pthread_barrier_init(&done, NULL, 2));
	if (argc > 1 && !strcmp(argv[1], "scattered"))
		every = 16;
	tiny = argc > 1 && !strcmp(argv[1], "tiny");
	if (tiny)
		every = 1;
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("%p\n", serve());
	must(!pthread_create(&thread, NULL, in_a_thread, &done));
	pthread_barrier_wait(&done);
	puts("ready");
	return read(0, &byte, 1) != 0;
}
