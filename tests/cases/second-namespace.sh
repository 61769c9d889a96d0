#!/bin/sh
# SPDX-License-Identifier: MIT
# A plugin with a libc of its own (dlmopen): a second ptmalloc.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

run_alloccheck "$programs/mixes" namespace "$plugins/plug.so"
expect_status 99
expect_findings "T11 slug=second-namespace severity=error owner=glibc
	freer=glibc api=free allocapi=malloc count=1 alloc~mixes_alloc
	free~mixes_free"
run_alloccheck "$programs/mixes" namespace_own "$plugins/plug.so"
expect_clean
