#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions that are watched get all their arguments: posix_spawn has six.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

run_plain "$programs/spawn"
expect_status 0
mv out plain
run_alloccheck "$programs/spawn"
expect_clean
cmp plain out || fail "the children's environment is not what it was"
grep -qx ONLY=this out || fail "the children printed nothing"
