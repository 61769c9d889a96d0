#!/bin/sh
# SPDX-License-Identifier: MIT
# oneTBB's proxy takes foreign blocks and hands them home: worth knowing, no
# error.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tbb

preload=$tbbproxy
libc=$(library libc.so.6)
run_alloccheck "$programs/mixes" by_name "$libc" malloc free
expect_status 0
expect_findings "T19|T10 severity=info owner=glibc freer=tbbmalloc-proxy
	api=free allocapi=malloc count=1 action=caller"
run_alloccheck "$programs/mixes" none
expect_status 0
expect_findings --no-info
# The other way round nobody is tolerant.
run_alloccheck "$programs/mixes" libc
expect_status 0
expect_findings --no-info
