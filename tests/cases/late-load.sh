#!/bin/sh
# SPDX-License-Identifier: MIT
# An allocator is loaded after the first blocks were handed out, and frees
# them.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_mimalloc
need_tcmalloc

run_alloccheck "$programs/mixes" late "$tcmalloc"
expect_status 99
expect_findings "T9 slug=late-load severity=error owner=glibc freer=tcmalloc
	api=free allocapi=malloc count=1 size=120 alloc~mixes_alloc
	free~mixes_free"
run_alloccheck "$programs/mixes" late "$mimalloc"
expect_status 99
expect_findings "T9 owner=glibc freer=mimalloc api=free allocapi=malloc"

# From the start it is no fault.
preload=$tcmalloc
run_alloccheck "$programs/mixes" late "$tcmalloc"
expect_clean
