/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait for locks that are none, by system calls alone: no locked
 * instruction is executed on them.
 *
 *	odd-lock split|unmapped|misaligned|fine...
 *
 * One thread for each word.  The kernel refuses a futex that is not aligned at
 * once, so that the thread does as one does that cannot get such a lock: it
 * tries again and again.  Prints the threads' IDs and the addresses, and stays
 * until it is killed.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

static char page[4096] __attribute__((aligned(4096)));

struct lock {
	const char *name;
	void *address;
};

/* As libc's own lock waits: the number is in the instruction before. */
static long wait_for(void *address)
{
	register long r10 __asm__("r10") = 0;
	long ret;

	__asm__ volatile("mov $202, %%eax\n\tsyscall"
			 : "=&a"(ret)
			 : "D"(address),
			   "S"((long)(FUTEX_WAIT | FUTEX_PRIVATE_FLAG)),
			   "d"(2L), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

NOINLINE void odd_lock_try(struct lock *lock)
{
	for (;;)
		wait_for(lock->address);
}

static void *run(void *lock)
{
	prctl(PR_SET_NAME, ((struct lock *)lock)->name);
	printf("%ld %s %p\n", syscall(SYS_gettid), ((struct lock *)lock)->name,
	       ((struct lock *)lock)->address);
	fflush(stdout);
	odd_lock_try(lock);
	return NULL;
}

static void *address_of(const char *name)
{
	void *gone;

	if (!strcmp(name, "split"))
		return page + 2 * 64 - 2;
	if (!strcmp(name, "misaligned"))
		return page + 65;
	if (!strcmp(name, "fine")) {
		*(int *)(page + 128) = 2; /* taken: it is waited for */
		return page + 128;
	}
	/* Aligned, in no mapping: the kernel says EFAULT, as often as asked. */
	gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(gone != MAP_FAILED && !munmap(gone, 4096));
	return gone;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct lock *lock = calloc(1, sizeof(*lock));
		pthread_t thread;

		must(lock);
		lock->name = argv[i];
		lock->address = address_of(argv[i]);
		must(!pthread_create(&thread, NULL, run, lock));
	}
	for (;;)
		pause();
}
