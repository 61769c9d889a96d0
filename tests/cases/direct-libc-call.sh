#!/bin/sh
# SPDX-License-Identifier: MIT
# libc's functions by their second names, past the allocator in force.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
run_alloccheck "$programs/mixes" libc
expect_status 99
expect_findings "T15 slug=direct-libc-call severity=error owner=other
	freer=glibc api=__libc_free count=1 size=120 allocapi=malloc
	alloc~mixes_alloc free~mixes_free"
run_alloccheck "$programs/mixes" libc_back
expect_status 99
expect_findings "T15 owner=glibc freer=other api=free
	allocapi=__libc_malloc alloc~mixes_alloc free~mixes_free"
run_alloccheck "$programs/engine" libc_free "$plugins/plug.so"
expect_status 99
expect_findings "T15 owner=other freer=glibc api=__libc_free
	alloc~engine_alloc"
run_alloccheck "$programs/mixes" none
expect_clean

preload=
for way in libc libc_back none; do
	run_alloccheck "$programs/mixes" $way
	expect_clean
done
