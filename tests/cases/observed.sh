#!/bin/sh
# SPDX-License-Identifier: MIT
# Nothing is only said to be found where somebody has looked.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

run_alloccheck sh -c '/bin/true; /bin/true; :'
expect_status 0
grep -qx 'alloccheck: nothing found in 3 processes' err || fail "$(cat err)"

# A library that the loader cannot load is no library: it says so on its own,
# and goes on without.
: >empty.so
ALLOCCHECK_LIBRARY=$PWD/empty.so "$alloccheck" /bin/true >out 2>err
expect_status_is=$?
test $expect_status_is = 0 || fail "exit status is $expect_status_is"
grep -q '^alloccheck: nothing was observed: ' err || fail "$(cat err)"
