#!/bin/sh
# SPDX-License-Identifier: MIT
# The same finding again and again is one finding that is counted.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc

run_alloccheck "$programs/mixes" often "$tcmalloc" malloc free 1000
expect_status 99
expect_findings "* owner=tcmalloc freer=glibc api=free count=1000
	alloc~mixes_alloc free~mixes_free"
run_alloccheck --stderr=1 "$programs/mixes" often "$tcmalloc" malloc free 1000
expect_status 99
lines=$(grep -c 'tcmalloc' err)
[ "$lines" -lt 100 ] || fail "$lines lines for one finding"
