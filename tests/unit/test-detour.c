/* SPDX-License-Identifier: MIT */
/* Detours of functions of all shapes: those that can be moved do the same
 * afterwards, the others are left alone; with threads in them; and where an
 * interrupted thread stands. */
#define _GNU_SOURCE
#include <check.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/detour-near.h"
#include "preload/detour.h"

/* SHAPE: the function of that name, which adds one to what it is given. */
#define SHAPE(name, code)                                                     \
	long name(long);                                                      \
	extern const char name##_end[];                                       \
	__asm__(".text\n"                                                     \
		".p2align 4\n" #name ":\n"                                    \
		"	.cfi_startproc\n" code "	.cfi_endproc\n" #name \
		"_end:\n"                                                     \
		".type " #name ", @function\n"                                \
		".size " #name ", .-" #name "\n")

SHAPE(one_long, "	.byte 0x48, 0x8d, 0x44, 0x27, 1\n	nop\n	ret\n");
SHAPE(several, "	push %rbp\n	mov %rsp, %rbp\n	inc %rdi\n"
	       "	mov %rdi, %rax\n	pop %rbp\n	ret\n");
SHAPE(of_its_address, "	add one_here(%rip), %rdi\n	mov %rdi, %rax\n"
		      "	ret\none_here:	.quad 1\n");
SHAPE(branches, "	test %rdi, %rdi\n	je 1f\n	lea 1(%rdi), %rax\n"
		"	ret\n1:	mov $1, %eax\n	ret\n");
SHAPE(jumps, "	jmp several\n	ud2\n");
SHAPE(landing, "	endbr64\n	push %rbx\n	mov %rdi, %rbx\n"
	       "	lea 1(%rbx), %rax\n	pop %rbx\n	ret\n");
SHAPE(calls, "	push %rbx\n	call several\n	pop %rbx\n	ret\n");
SHAPE(short_one, "	lea 1(%rdi), %eax\n	ret\n");
SHAPE(comes_back,
      "	mov %rdi, %rax\n1:	inc %rax\n	test %rdi, %rdi\n"
      "	js 1b\n	ret\n");
SHAPE(comes_back_from_afar,
      "	mov %rdi, %rax\n1:	inc %rax\n	test %rdi, %rdi\n"
      "	js 2f\n	ret\n"
      ".section .text.unlikely, \"ax\", @progbits\n"
      "2:	xor %edi, %edi\n	jmp 1b\n"
      ".text\n");
SHAPE(counts, "	xor %ecx, %ecx\n	lea 1(%rdi), %rax\n	jrcxz 1f\n"
	      "	ud2\n1:	ret\n");
SHAPE(counts_first, "	xor %ecx, %ecx\n	jrcxz 1f\n	ud2\n"
		    "1:	lea 1(%rdi), %rax\n	ret\n");
SHAPE(unknown,
      "	lea 1(%rdi), %rax\n	jmp 1f\n	.byte 6\n1:	ret\n");
SHAPE(stopped, "	lea 1(%rdi), %rax\n	int3\n	ret\n");

static long through_count;
long (*through_moved)(long);
long through(long n);

/* What detours lead to. */
long through(long n)
{
	__atomic_fetch_add(&through_count, 1, __ATOMIC_RELAXED);
	return through_moved(n);
}

int alck_module_protection(const struct alck_module *m, uintptr_t addr)
{
	(void)m;
	(void)addr;
	return PROT_READ | PROT_EXEC;
}

static int first(struct dl_phdr_info *info, size_t size, void *data)
{
	struct alck_module *m = data;

	(void)size;
	m->bias = info->dlpi_addr;
	m->phdr = info->dlpi_phdr;
	m->nphdr = info->dlpi_phnum;
	m->low = UINTPTR_MAX;
	for (uint32_t i = 0; i < m->nphdr; i++) {
		const ElfW(Phdr) *p = &m->phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (m->bias + p->p_vaddr < m->low)
			m->low = (m->bias + p->p_vaddr) & -4096ul;
		if (m->bias + p->p_vaddr + p->p_memsz > m->high)
			m->high = m->bias + p->p_vaddr + p->p_memsz;
	}
	return 1;
}

static struct alck_module program(void)
{
	struct alck_module m = {0};

	dl_iterate_phdr(first, &m);
	return m;
}

static struct alck_detour request(long (*f)(long), const char *end)
{
	return (struct alck_detour){
		.function = (uintptr_t)f,
		.size = (size_t)(end - (const char *)(uintptr_t)f),
		.to = (uintptr_t)through,
	};
}

#define REQUEST(name) request(name, name##_end)

/* Each test runs in a process of its own: the code is whole again. */
static void expect_detoured(struct alck_detour d)
{
	struct alck_module m = program();
	long (*f)(long) = (long (*)(long))d.function;

	ck_assert_int_eq(f(41), 42);
	ck_assert(!alck_detour_prepare(&m, &d, 1, 1));
	ck_assert_msg(!d.refused, "%s", d.refused);
	ck_assert(d.moved);
	through_moved = (long (*)(long))d.moved;
	ck_assert_int_eq(through_moved(41), 42);
	ck_assert_int_eq(through_count, 0);
	ck_assert(!alck_detour_commit(&m, &d, 1));
	for (long n = 0; n < 5; n++)
		ck_assert_int_eq(f(n), n + 1);
	ck_assert_int_eq(through_count, 5);
	/* Its own unwind tables hold for every byte of what was moved. */
	for (uintptr_t at = 0; at < ALCK_PIECE - ALCK_PIECE_CODE; at++) {
		uintptr_t from = alck_detour_origin(d.moved + at);

		ck_assert(from == (uintptr_t)several ||
			  (from >= d.function && from < d.function + 32));
	}
	ck_assert_uint_eq(alck_detour_origin(d.function), d.function);
	alck_detour_forget(&m);
	ck_assert_uint_eq(alck_detour_origin(d.moved), d.moved);
}

static void expect_refused(struct alck_detour d, const char *why)
{
	struct alck_module m = program();
	unsigned char before[16];

	memcpy(before, (void *)d.function, sizeof(before));
	ck_assert(!alck_detour_prepare(&m, &d, 1, 1));
	ck_assert_ptr_nonnull(d.refused);
	ck_assert_msg(strstr(d.refused, why), "%s", d.refused);
	ck_assert(!d.moved);
	ck_assert(!alck_detour_commit(&m, &d, 1));
	ck_assert_mem_eq(before, (void *)d.function, sizeof(before));
}

START_TEST(movable)
{
	struct alck_detour all[] = {
		REQUEST(one_long), REQUEST(several),   REQUEST(of_its_address),
		REQUEST(branches), REQUEST(jumps),     REQUEST(landing),
		REQUEST(calls),	   REQUEST(short_one), REQUEST(counts),
	};

	expect_detoured(all[_i]);
}
END_TEST

START_TEST(a_landing_pad_stays)
{
	static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

	expect_detoured(REQUEST(landing));
	ck_assert_mem_eq((void *)(uintptr_t)landing, endbr64, 4);
}
END_TEST

START_TEST(immovable)
{
	struct alck_detour sizeless = REQUEST(several);

	expect_refused(REQUEST(comes_back), "a branch leads into");
	expect_refused(REQUEST(comes_back_from_afar), "a branch leads into");
	expect_refused(REQUEST(counts_first), "hold only where");
	expect_refused(REQUEST(unknown), "not known");
	expect_refused(REQUEST(stopped), "breakpoint");
	sizeless.size = 0;
	expect_refused(sizeless, "size is not known");
	sizeless.size = 2;
	expect_refused(sizeless, "too short");
	sizeless.function = (uintptr_t)&through_moved;
	sizeless.size = 40;
	expect_refused(sizeless, "module's code");
}
END_TEST

/* Threads run through the function while the detour goes in. */
static int stop;
static long wrong;

static void *caller(void *function)
{
	long (*f)(long) = (long (*)(long))(uintptr_t)function;

	for (long n = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); n++)
		if (f(n) != n + 1)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

START_TEST(threads)
{
	struct alck_detour d[] = {REQUEST(one_long), REQUEST(several)};
	struct alck_module m = program();
	pthread_t thread[8];

	for (int i = 0; i < 8; i++)
		ck_assert(!pthread_create(&thread[i], NULL, caller,
					  (void *)(uintptr_t)one_long));
	ck_assert(!alck_detour_prepare(&m, d, 2, 0));
	/* Someone may stand between its instructions. */
	ck_assert(d[1].refused && strstr(d[1].refused, "single store"));
	ck_assert_msg(!d[0].refused, "%s", d[0].refused);
	through_moved = (long (*)(long))d[0].moved;
	ck_assert(!alck_detour_commit(&m, d, 2));
	while (__atomic_load_n(&through_count, __ATOMIC_RELAXED) < 100000)
		continue;
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 8; i++)
		ck_assert(!pthread_join(thread[i], NULL));
	ck_assert_int_eq(wrong, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("detours");
	TCase *t = tcase_create("detours");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, movable, 0, 9);
	tcase_add_test(t, a_landing_pad_stays);
	tcase_add_test(t, immovable);
	tcase_add_test(t, threads);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_set_tap(r, "-");
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
