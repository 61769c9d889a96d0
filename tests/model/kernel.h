/* SPDX-License-Identifier: MIT */
/*
 * Before the tested code (-include): the kernel as the model has it.  It hands
 * out zeroed memory that nobody has touched, or refuses, and what was given
 * back must not be reached any more.
 */
#ifndef TESTS_MODEL_KERNEL_H
#define TESTS_MODEL_KERNEL_H

#include "preload/sys.h"

void *explore_mmap(size_t len);
int explore_munmap(void *addr, size_t len);
int explore_mprotect(void);
uint64_t explore_address_limit(void);

#define alck_sys_mmap(addr, len, prot, flags) explore_mmap(len)
#define alck_sys_munmap(addr, len)	      explore_munmap(addr, len)
#define alck_sys_mprotect(addr, len, prot)    explore_mprotect()
#define alck_sys_madvise(addr, len, advice)   ((void)(addr), 0)
#define alck_sys_address_limit()	      explore_address_limit()
#define alck_syscall(nr, a, b, c, d, e, f)    ((void)(nr), 0)

#endif
