/* SPDX-License-Identifier: MIT */
/*
 * Compiled by symbols.sh, as C and as C++: prints, as lines of a description,
 * the module that it is, and a finding with two stacks of one address each:
 * one from inside an inlined function, and one whose call is the last
 * instruction of its function, so that the address is already past its end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <link.h>
#include <stdio.h>
#include <stdlib.h>

static int print_module(struct dl_phdr_info *info, size_t size, void *data)
{
	unsigned long low = ~0ul, high = 0, from, to;

	(void)size;
	(void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		to = from + info->dlpi_phdr[i].p_memsz;
		low = from < low ? from : low;
		high = to > high ? to : high;
	}
	printf("record MODULE\nID 1\nBIAS %#lx\nLOW %#lx\nHIGH %#lx\n",
	       (unsigned long)info->dlpi_addr, low, high);
	return 1; /* the first is the program */
}

__attribute__((noinline)) static void print_caller(const char *field)
{
	printf("%s %p\n", field, __builtin_return_address(0));
	fflush(stdout);
}

static inline __attribute__((always_inline)) void inner(const char *field)
{
	print_caller(field); /* line of inner */
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void outer(int *count);

/* Not static: the compiler would make a clone of another name. */
void outer(int *count)
{
	++*count;
	inner("STACK"); /* line of outer */
	++*count;
}

__attribute__((noinline, noreturn)) static void leave(const char *field)
{
	printf("%s %p\n", field, __builtin_return_address(0));
	fflush(stdout);
	_Exit(0);
}

__attribute__((noinline, noreturn)) static void last_call(void)
{
	leave("ALLOC_STACK"); /* line of last_call */
}

int main(void)
{
	int count = 0;

	dl_iterate_phdr(print_module, NULL);
	puts("record FINDING\nID 1\nCODE \"T7\"\nVERDICT \"cross-allocator\"\n"
	     "API \"free\"");
	outer(&count);
	if (count != 2)
		return 1;
	last_call();
}
