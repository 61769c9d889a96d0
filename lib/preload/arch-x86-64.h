/* SPDX-License-Identifier: MIT */
/* x86-64: system calls, relocation types, the instructions that we write. */
#ifndef ALCK_PRELOAD_ARCH_X86_64_H
#define ALCK_PRELOAD_ARCH_X86_64_H

#include <elf.h>
#include <stdint.h>

#define ALCK_ELF_MACHINE     EM_X86_64
#define ALCK_R_JUMP_SLOT     R_X86_64_JUMP_SLOT
#define ALCK_R_GLOB_DAT	     R_X86_64_GLOB_DAT
#define ALCK_R_ABSOLUTE	     R_X86_64_64
#define ALCK_R_RELATIVE	     R_X86_64_RELATIVE
#define ALCK_ARCH_VDSO_CLOCK "__vdso_clock_gettime"

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

/* Changes *AT from OLD to NEW if it is OLD, for the calling thread and its
 * signal handlers alone: one instruction without a lock. */
static inline int alck_arch_change_here(uint64_t *at, uint64_t old,
					uint64_t new)
{
	int same;

	__asm__ volatile("cmpxchg %[new], %[at]"
			 : [at] "+m"(*at), "+a"(old), "=@ccz"(same)
			 : [new] "r"(new)
			 : "memory");
	return same;
}

/* *AT less *FROM, less 1 if AND_ONE, a constant.  A compiler takes these
 * instructions apart, and more registers than there are to spare. */
#define alck_arch_less(at, from, and_one)                                  \
	__extension__({                                                    \
		uint32_t less_;                                            \
                                                                           \
		__asm__ volatile("mov %[at_], %[less]\n\t"                 \
				 "sub %[from_], %[less]\n\t"               \
				 ".if %c[one_]\n\t"                        \
				 "sub $1, %[less]\n\t"                     \
				 ".endif"                                  \
				 : [less] "=&r"(less_)                     \
				 : [at_] "m"(*(at)), [from_] "m"(*(from)), \
				   [one_] "i"(and_one)                     \
				 : "cc");                                  \
		less_;                                                     \
	})

/* Adds BY to *AT, for the calling thread and its signal handlers alone. */
static inline void alck_arch_add_here(uint32_t *at, int by)
{
	__asm__ volatile("addl %[by], %[at]"
			 : [at] "+m"(*at)
			 : [by] "ri"(by)
			 : "memory", "cc");
}

/* The thread control block; glibc puts it at the top of a thread's stack. */
static inline uintptr_t alck_arch_thread_pointer(void)
{
	uintptr_t tp;

	__asm__("mov %%fs:16, %0" : "=r"(tp)); /* tcbhead_t.self */
	return tp;
}

/* Does the processor check return addresses (CET's shadow stack)? */
static inline int alck_arch_has_shadow_stack(void)
{
	uint64_t features = 0;

	/* arch_prctl(ARCH_SHSTK_STATUS, ...); older kernels know of none. */
	return !alck_syscall(158, 0x5005, (long)&features, 0, 0, 0, 0) &&
	       (features & 1);
}

/* Where a signal interrupted the program: uc_mcontext.gregs[REG_RIP] of the
 * handler's third argument. */
#define alck_arch_context_pc(ucontext) \
	((uintptr_t)(ucontext)->uc_mcontext.gregs[16])

#define alck_arch_context_sp(ucontext) \
	((uintptr_t)(ucontext)->uc_mcontext.gregs[15])
#define alck_arch_context_fp(ucontext) \
	((uintptr_t)(ucontext)->uc_mcontext.gregs[10])

/* The registers of a crash record, in its order, with their places in gregs. */
#define ALCK_ARCH_REGISTERS                                                 \
	{"rax", 13}, {"rbx", 11}, {"rcx", 14}, {"rdx", 12}, {"rsi", 9},     \
		{"rdi", 8}, {"rbp", 10}, {"rsp", 15}, {"r8", 0}, {"r9", 1}, \
		{"r10", 2}, {"r11", 3}, {"r12", 4}, {"r13", 5}, {"r14", 6}, \
		{"r15", 7}, {"rip", 16},                                    \
	{                                                                   \
		"eflags", 17                                                \
	}

/* Is the instruction of two bytes at CODE a system call? */
static inline int alck_arch_is_system_call(const unsigned char *code)
{
	return code[0] == 0x0f && code[1] == 0x05;
}

/* Does a function that only returns stand at CODE, with padding behind it as
 * far as the jump reaches?  glibc has: [endbr64] [rep] ret, then nops. */
static inline int alck_arch_is_empty_function(const unsigned char *code)
{
	static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	unsigned int i = 0;

	while (i < 4 && code[i] == endbr64[i])
		i++;
	if (i < 4)
		i = 0;
	if (code[i] == 0xf3)
		i++;
	if (code[i++] != 0xc3)
		return 0;
	/* The first bytes of every nop that assemblers pad with: 90, 66 90,
	 * 66 66 2e 0f 1f ..., 0f 1f ...; and int3. */
	return i >= 5 || code[i] == 0x90 || code[i] == 0x66 ||
	       code[i] == 0x0f || code[i] == 0x2e || code[i] == 0xcc;
}

/* The eight bytes OLD at AT with a jump to TO in front, in *CODE.  Returns 0
 * where TO is too far away. */
static inline int alck_arch_jump(uint64_t old, uintptr_t at, uintptr_t to,
				 uint64_t *code)
{
	int64_t distance = (int64_t)(to - (at + 5));

	if (distance != (int32_t)distance)
		return 0;
	*code = (old & ~0xffffffffffUL) | 0xe9 |
		(uint64_t)(uint32_t)distance << 8;
	return 1;
}

#endif
