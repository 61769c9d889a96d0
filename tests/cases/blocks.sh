#!/bin/sh
# SPDX-License-Identifier: MIT
# Tiny blocks, two of which lie in 16 bytes; big ones; blocks that move;
# blocks of thousands of threads that are gone; blocks freed while a thread
# goes.  After all of it one bad free is found, with its size.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_tcmalloc
first=$family

# blocks SIZE ARGS...: SIZE is as in a finding; None: of so small a block only
# the allocator is kept.
blocks()
{
	size=$1
	shift
	preload=
	run_alloccheck --log-empty=1 "$programs/blocks" "$@"
	expect_status 0
	expect_findings
	for family in $first tcmalloc; do
		eval "preload=\$$family"
		run_alloccheck --log-empty=1 "$programs/blocks" "$@"
		expect_status 99
		grep -q '^blocks: done$' out || fail "it did not live"
		expect_findings "* severity=error owner=$family freer=glibc
			api=free count=1 size=$size allocapi=malloc
			alloc~blocks_last free~blocks_last"
	done
}

blocks None tiny
blocks 33 threads 3000
blocks 77 moved
blocks 44 keys
for n in 0 1; do
	blocks "$n|None" size $n
done
for n in 65535 16777215 16777216 100000000; do
	blocks $n size $n
done
# Of one past 4 GiB the size may be left out, but never be another.
blocks "5000000000|None" size 5000000000
