#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions about the allocator that are libc's and not those of the allocator
# in force wake ptmalloc: one latent finding each, with the stack that called,
# and the same result as without us.  None where they are the allocator's own.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc
satellite=$top_builddir/tests/incident/satellite

# same NAME: runs it with and without us; both say the same.
same()
{
	run_plain "$satellite" "$1"
	case $status in
	2) return 1 ;;
	0) ;;
	*) fail "$1 without alloccheck: exit status $status" ;;
	esac
	mv out plain.out
	mv err plain.err
	run_preloaded '' "$satellite" "$1"
	expect_status 0
	expect_same plain.out
	cmp -s plain.err err || fail "$1 says something else on stderr"
	run_alloccheck "$satellite" "$1"
	expect_status 0
	expect_same plain.out
}

asked=0
for name in malloc_trim mallinfo mallinfo2 mallopt malloc_stats malloc_info; do
	preload=
	same $name || continue
	expect_clean
	expect_no_report
	preload=$jemalloc
	same $name
	expect_findings "T14 severity=latent verdict=satellite-call count=1
		api=$name freer=glibc action=caller fthread=1
		free~ask free~main"
	asked=$((asked + 1))
done
[ $asked -ge 5 ] || fail "only $asked functions were there"

# Some of them tcmalloc has itself.
preload=$tcmalloc
for name in mallinfo mallopt malloc_stats; do
	same $name
	expect_clean
done
same malloc_trim
expect_findings "T14 severity=latent count=1 api=malloc_trim freer=glibc
	free~ask free~main"
