#!/bin/sh
# SPDX-License-Identifier: MIT
# Signal handlers that allocate while the program is inside another
# allocator, and that leave by siglongjmp; blocks are still known afterwards.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc

for what in jump "$tcmalloc"; do
	preload=
	run_alloccheck --log-empty=1 "$programs/signals" "$what"
	expect_status 0
	expect_findings
	preload=$plugins/own-malloc.so
	run_alloccheck "$programs/signals" "$what"
	expect_status 99
	expect_findings "T15 owner=other freer=glibc api=__libc_free
		count=1 size=50 alloc~signals_last free~signals_last"
done
# In whatever instruction of ours it comes.
for i in 1 2 3 4 5 6 7 8; do
	run_alloccheck "$programs/signals" "$tcmalloc"
	expect_status 99
	expect_findings "T15 owner=other freer=glibc api=__libc_free
		count=1 size=50"
done
# What comes out of a wrapper is the inner allocator's, whatever a handler, or
# the wrapper for itself, allocates before it has come out.  Its blocks may go
# to libc's own free.
preload=$plugins/forward.so
for level in full caller; do
	for i in 1 2; do
		run_alloccheck --level=$level --log-empty=1 \
			"$programs/signals" "$tcmalloc" through
		expect_clean
		expect_findings --unknown=0
	done
	FORWARD=busy run_alloccheck --level=$level --log-empty=1 \
		"$programs/signals" "$tcmalloc" through
	expect_clean
	expect_findings --unknown=0
done
preload=$plugins/header.so
run_alloccheck --log-empty=1 "$programs/signals" "$tcmalloc"
expect_status 99
expect_findings "T15 owner=other freer=glibc api=__libc_free count=1 size=50"
