/* SPDX-License-Identifier: MIT */
/* x86-64: system calls, relocation types, the instructions that we write. */
#ifndef ALCK_PRELOAD_ARCH_X86_64_H
#define ALCK_PRELOAD_ARCH_X86_64_H

#include <elf.h>

#define ALCK_R_JUMP_SLOT R_X86_64_JUMP_SLOT
#define ALCK_R_GLOB_DAT	 R_X86_64_GLOB_DAT
#define ALCK_R_ABSOLUTE	 R_X86_64_64
#define ALCK_R_RELATIVE	 R_X86_64_RELATIVE

static inline long alck_syscall(long nr, long a, long b, long c, long d, long e,
				long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#endif
