#!/bin/sh
# SPDX-License-Identifier: MIT
# Two copies of one allocator in one process.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc

cp "$(readlink -f "$tcmalloc")" copy.so || fail "no copy"
preload=$tcmalloc:$work/copy.so
run_alloccheck "$programs/mixes" by_name "$work/copy.so" malloc free
expect_status 99
expect_findings "T8 slug=two-copies severity=error owner=tcmalloc
	freer=tcmalloc api=free allocapi=malloc count=1
	alloc~mixes_alloc free~mixes_free"
run_alloccheck "$programs/mixes" by_name "$tcmalloc" malloc free
expect_clean
