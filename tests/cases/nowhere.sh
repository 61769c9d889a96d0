#!/bin/sh
# SPDX-License-Identifier: MIT
# Where no report can be written the finding is said in words, and the program
# goes on.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
: >a-file
options="log_path=$work/a-file/reports"
status=0
ALLOCCHECK_OPTIONS=$options LD_PRELOAD=$preload_library:$preload \
	"$programs/citizen" bad >out 2>err || status=$?
expect_status 0
grep -q '^citizen: well$' out || fail "it did not live"
grep -q 'T5' err || fail "nothing is said"

# And a correct program hears nothing of it.
ALLOCCHECK_OPTIONS=$options LD_PRELOAD=$preload_library:$preload \
	"$programs/citizen" memory 1 >out 2>err || fail "status $?"
echo 'citizen: well too' | cmp - err || fail "something was added to stderr"
