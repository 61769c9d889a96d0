#!/bin/sh
# SPDX-License-Identifier: MIT
# The allocator in force lacks an allocating entry, so libc serves it: Debian's
# jemalloc has no pvalloc; a home-made one has little.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_tcmalloc

preload=$jemalloc
run_alloccheck "$programs/mixes" pvalloc
case $family in
jemalloc)
	expect_status 99
	expect_findings "T5 slug=missing-alloc-entry severity=error owner=glibc
		verdict=cross-allocator freer=jemalloc api=free count=1
		size=120 allocapi=pvalloc alloc~mixes_alloc free~mixes_free" ;;
*)
	# libc has live hooks: jemalloc's fetches the block from jemalloc, and
	# glibc's allocator awakes.
	expect_status 0
	expect_findings "T14 severity=latent freer=glibc api=pvalloc" ;;
esac

preload=$plugins/own-malloc.so
run_alloccheck "$programs/mixes" pvalloc
expect_status 99
set -- "T5 owner=glibc freer=other api=free allocapi=pvalloc"
[ "$family" = jemalloc ] || set -- "$@" "T14 severity=latent api=pvalloc"
expect_findings "$@"
run_alloccheck "$programs/mixes" none
expect_clean

preload=$tcmalloc
run_alloccheck "$programs/mixes" pvalloc
expect_clean
preload=
run_alloccheck "$programs/mixes" pvalloc
expect_clean
