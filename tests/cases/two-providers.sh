#!/bin/sh
# SPDX-License-Identifier: MIT
# Two allocators are there from the start, both with a malloc; a block of the
# one comes to the other's free.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc

preload=$jemalloc:$tcmalloc
run_alloccheck "$programs/mixes" by_name "$tcmalloc" malloc free
expect_status 99
expect_findings "T7 slug=two-providers severity=error owner=tcmalloc
	freer=jemalloc api=free allocapi=malloc count=1 size=120
	alloc~mixes_alloc free~mixes_free"
run_alloccheck "$programs/mixes" by_name_back "$tcmalloc" malloc free
expect_status 99
expect_findings "T7 owner=jemalloc freer=tcmalloc api=free allocapi=malloc"

# Each with itself.
run_alloccheck "$programs/mixes" by_name "$jemalloc" malloc free
expect_clean
run_alloccheck "$programs/mixes" none
expect_clean
