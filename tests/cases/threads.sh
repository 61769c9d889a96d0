#!/bin/sh
# SPDX-License-Identifier: MIT
# Eight threads on two allocators, freeing each other's blocks: one bad free
# in a million is found, and nothing else.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc
want_mimalloc

run_alloccheck --log-empty=1 "$programs/threads" "$tcmalloc" 1000000 bad
expect_status 99
expect_findings "* severity=error owner=tcmalloc freer=glibc api=free
	count=1 size=1234 alloc~threads_bad_alloc free~threads_free"
run_alloccheck --log-empty=1 "$programs/threads" "${mimalloc:-$tcmalloc}" \
	200000
expect_status 0
expect_findings
