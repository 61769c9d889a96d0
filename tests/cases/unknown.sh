#!/bin/sh
# SPDX-License-Identifier: MIT
# Blocks that came by no entry point are nobody's that could be named: they
# are counted, and nobody is accused.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
run_alloccheck --log-empty=1 "$programs/unknown"
expect_status 0
grep -q '^unknown: still alive$' out || fail "it did not live"
expect_findings --unknown=10 --reports=1
