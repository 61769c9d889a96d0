#!/bin/sh
# SPDX-License-Identifier: MIT
# An allocator is loaded after the first blocks were handed out, and frees
# them.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
want_mimalloc
need_tcmalloc

run_alloccheck "$programs/mixes" late "$tcmalloc"
expect_status 99
expect_findings "T9 slug=late-load severity=error owner=glibc freer=tcmalloc
	api=free allocapi=malloc count=1 size=120 alloc~mixes_alloc
	free~mixes_free"
if [ "$mimalloc" ]; then
	run_alloccheck "$programs/mixes" late "$mimalloc"
	expect_status 99
	expect_findings "T9 owner=glibc freer=mimalloc api=free allocapi=malloc"
fi

# From the start it is no fault.
preload=$tcmalloc
run_alloccheck "$programs/mixes" late "$tcmalloc"
expect_clean
