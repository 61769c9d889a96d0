#!/bin/sh
# SPDX-License-Identifier: MIT
# Each allocator in force by preloading, against libc's functions from its
# handle, both ways.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_tcmalloc
want_mimalloc
need_library libc libc.so.6 libc6

for family in "$family" tcmalloc mimalloc; do
	eval "preload=\$$family"
	[ "$preload" ] || continue
	run_alloccheck "$programs/mixes" by_name "$libc" malloc free
	expect_status 99
	expect_findings "* severity=error owner=glibc freer=$family api=free
		count=1 size=120 allocapi=malloc alloc~mixes_alloc
		free~mixes_free"
	run_alloccheck "$programs/mixes" by_name_back "$libc" malloc free
	expect_status 99
	expect_findings "* severity=error owner=$family freer=glibc api=free
		count=1 size=120 allocapi=malloc alloc~mixes_alloc
		free~mixes_free"
	run_alloccheck "$programs/mixes" none
	expect_clean
done
preload=
run_alloccheck "$programs/mixes" by_name "$libc" malloc free
expect_clean
