/* SPDX-License-Identifier: MIT */
/* A program that asks alloccheck, where it is there: see alloccheck.h. */
#include <errno.h>
#include <malloc.h>

#include "common.h"
#include "contract/alloccheck.h"

NOINLINE static void mistake(void)
{
	void *p = aligned_alloc(64, 128);

	must(p);
	free(opaque(p));
	__asm__ volatile("");
}

static void check_owner(void)
{
	struct alloccheck_block b;
	char *p = malloc(100), here;
	const char *begin = p;

	memset(&b, 0xee, sizeof(b));
	must(alloccheck_owner(p, &b, sizeof(b)) == 1);
	must(b.begin == p && b.size == 100 && b.size_known && b.live);
	must(!strcmp(b.allocated_by, "malloc") && b.thread == 1);
	printf("allocator %s\n", b.allocator);
	must(strchr(b.file, '/'));
	must(alloccheck_owner(p + 40, &b, sizeof(b)) == 1 && b.begin == p);
	must(!alloccheck_owner(&here, &b, sizeof(b)));
	must(!alloccheck_owner((void *)8, &b, sizeof(b)));
	must(!alloccheck_owner(NULL, &b, sizeof(b)));
	/* No more than there is room for. */
	b.size = 77;
	must(alloccheck_owner(p, &b, sizeof(b.begin)) == 1 && b.size == 77);
	free(p);
	must(alloccheck_owner(opaque(begin), &b, sizeof(b)) == 1 && !b.live);
	must(!strcmp(b.allocated_by, "malloc"));
}

int main(void)
{
	errno = 33;
	if (!alloccheck_is_here()) {
		puts("nobody is here");
		return 0;
	}
	check_owner();
	alloccheck_note("before the mistakes");
	must(alloccheck_errors() == 0);
	mistake();
	mistake();
	must(alloccheck_errors() == 2);
	alloccheck_expect("T5");
	mistake();
	mistake();
	mistake();
	must(alloccheck_expected() == 3);
	alloccheck_expect("T1");
	mistake();
	must(alloccheck_expected() == 0);
	must(alloccheck_errors() == 3);
	alloccheck_expect(NULL);
	mistake();
	must(alloccheck_expected() == 1);
	must(alloccheck_expected() == 1);
	must(errno == 33);
	puts("well");
	return 0;
}
