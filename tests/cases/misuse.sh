#!/bin/sh
# SPDX-License-Identifier: MIT
# Double frees and wild frees, told apart, and never called a mix.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc

alive()
{
	expect_status 99
	grep -q '^misuse: still alive$' out || fail "$* did not live"
}

for preload in '' "$jemalloc"; do
	family=${preload:+jemalloc}
	family=${family:-glibc}
	run_alloccheck "$programs/misuse" double
	alive double
	expect_findings "T22 slug=not-a-mix severity=error verdict=double-free
		owner=$family freer=$family api=free count=1
		alloc~misuse_alloc first~first_free free~second_free"
	run_alloccheck "$programs/misuse" double_thread
	alive double_thread
	expect_findings "T22 verdict=double-free owner=$family api=free
		alloc~misuse_alloc first~first_free free~second_free"
	run_alloccheck --free-stacks=full "$programs/misuse" double_thread
	alive double_thread
	expect_findings "T22 verdict=double-free owner=$family api=free
		alloc~misuse_alloc first~first_free_thread free~second_free"
	run_alloccheck --level=caller "$programs/misuse" double_thread
	alive double_thread
	expect_findings "T22 verdict=double-free owner=$family api=free
		alloc~misuse_alloc free~second_free"
	run_alloccheck "$programs/misuse" double_realloc
	alive double_realloc
	expect_findings "T22 verdict=double-free owner=$family api=realloc
		alloc~misuse_alloc first~first_free free~second_realloc"
	for wild in stack static inside odd; do
		run_alloccheck "$programs/misuse" $wild
		alive $wild
		expect_findings "T22 verdict=bad-free severity=error api=free
			count=1 free~wild_free"
	done
	run_alloccheck "$programs/misuse" none
	expect_clean
done
