#!/bin/sh
# SPDX-License-Identifier: MIT
# Forks while threads allocate; the child frees its parent's blocks.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc

run_alloccheck --log-empty=1 "$programs/forks" 200
expect_status 0
expect_findings
preload=$jemalloc
run_alloccheck --log-empty=1 "$programs/forks" 100
expect_status 0
expect_findings
