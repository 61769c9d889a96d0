#!/bin/sh
# SPDX-License-Identifier: MIT
# The same finding again and again is one finding that is counted.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_mimalloc

run_alloccheck "$programs/mixes" often "$mimalloc" malloc free 1000
expect_status 99
expect_findings "* owner=mimalloc freer=glibc api=free count=1000
	alloc~mixes_alloc free~mixes_free"
run_alloccheck --stderr=1 "$programs/mixes" often "$mimalloc" malloc free 1000
expect_status 99
lines=$(grep -c 'mimalloc' err)
[ "$lines" -lt 100 ] || fail "$lines lines for one finding"
