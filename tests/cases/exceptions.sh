#!/bin/sh
# SPDX-License-Identifier: MIT
# Exceptions and longjmp through operator new; blocks are still known afterwards.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_tcmalloc

run_alloccheck --log-empty=1 "$programs/throws" 1000 bad jump
expect_status 0
expect_findings
for preload in "$jemalloc" "$tcmalloc"; do
	run_alloccheck --log-empty=1 "$programs/throws" 1000 jump
	expect_status 0
	expect_findings
done
for family in "$family" tcmalloc; do
	eval "preload=\$$family"
	run_alloccheck "$programs/throws" 1000 bad jump
	expect_status 99
	expect_findings "* severity=error owner=$family freer=glibc api=free
		count=1 size=60 allocapi=malloc"
done
