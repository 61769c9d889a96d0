/* SPDX-License-Identifier: MIT */
/*
 * Forks while other threads allocate; each child frees blocks of its parent,
 * allocates and leaves:
 *
 *	forks ROUNDS
 *
 * An alarm ends parent and child if they hang.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define THREADS 4
#define BLOCKS	200

static int stop;

static void *work(void *arg)
{
	void *p[32] = {NULL};
	unsigned int i = (unsigned int)(long)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		i++;
		free(p[i % 32]);
		p[i % 32] = malloc(1 + i % 3000);
	}
	for (i = 0; i < 32; i++)
		free(p[i]);
	return NULL;
}

static void child(void **blocks)
{
	void *p[BLOCKS];
	int i;

	alarm(30);
	for (i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	for (i = 0; i < BLOCKS; i++)
		p[i] = malloc(i * 50 + 1);
	for (i = 0; i < BLOCKS; i++)
		p[i] = realloc(p[i], i * 20 + 1);
	for (i = 0; i < BLOCKS; i++)
		free(p[i]);
	_exit(0);
}

static void round_of(void)
{
	void *blocks[BLOCKS];
	int i, status = -1;
	pid_t pid;

	for (i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(1 + i * 7);
	pid = fork();
	must(pid >= 0);
	if (!pid)
		child(blocks);
	for (i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	must(waitpid(pid, &status, 0) == pid);
	must(status == 0);
}

int main(int argc, char **argv)
{
	long rounds = argc == 2 ? atol(argv[1]) : 0, i;
	pthread_t thread[THREADS];

	alarm(120);
	for (i = 0; i < THREADS; i++)
		must(!pthread_create(&thread[i], NULL, work, (void *)i));
	for (i = 0; i < rounds; i++)
		round_of();
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("forks: %ld rounds\n", rounds);
	return 0;
}
