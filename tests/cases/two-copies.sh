#!/bin/sh
# SPDX-License-Identifier: MIT
# Two copies of one allocator in one process.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_mimalloc

cp "$(readlink -f "$mimalloc")" copy.so || fail "no copy"
preload=$mimalloc:$work/copy.so
run_alloccheck "$programs/mixes" by_name "$work/copy.so" malloc free
expect_status 99
expect_findings "T8 slug=two-copies severity=error owner=mimalloc
	freer=mimalloc api=free allocapi=malloc count=1
	alloc~mixes_alloc free~mixes_free"
run_alloccheck "$programs/mixes" by_name "$mimalloc" malloc free
expect_clean
