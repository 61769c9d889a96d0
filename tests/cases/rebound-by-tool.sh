#!/bin/sh
# SPDX-License-Identifier: MIT
# A profiler that rewrites GOT slots: right when it calls what it found there,
# wrong when it calls libc's own functions.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc

cat >user.c <<'END'
#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) void *user_alloc(void) { return malloc(100); }
__attribute__((noinline)) void user_free(void *p)
{
	free(p);
	__asm__ volatile("");
}
int main(int argc, char **argv)
{
	void *(*volatile take)(size_t, size_t) = calloc;

	(void)argv;
	user_free(argc > 1 ? take(1, 100) : user_alloc());
	puts("well");
	return 0;
}
END
$CC -g -O1 -fno-builtin -fno-optimize-sibling-calls -o user user.c ||
	fail "no program"
# Not through the launcher, which would be a victim too.
for tool in got-rewriter got-rewriter-tail; do
	preload=$plugins/$tool.so:$tcmalloc
	GOT_REWRITER=found run_preloaded log_empty=1 ./user
	expect_clean
	GOT_REWRITER=found run_preloaded log_empty=1 ./user calloc
	expect_clean
	# libc's malloc and libc's free: nobody is hurt.
	GOT_REWRITER=libc run_preloaded log_empty=1 ./user
	expect_clean
	# tcmalloc's calloc, and libc's free.
	GOT_REWRITER=libc run_preloaded "" ./user calloc
	expect_status 0
	expect_findings "T18 slug=rebound-by-tool severity=error
		verdict=cross-allocator owner=tcmalloc freer=glibc api=free
		count=1 free~user_free"
	"$alloccheck" report "$reports" >out 2>err
	grep -q "$tool.so has rewritten user's binding of free" out ||
		fail "not said who did it"
done
grep -q 'called from user by way of got-rewriter-tail.so, which left' out ||
	 fail "not said how"
