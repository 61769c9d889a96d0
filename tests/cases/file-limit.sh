#!/bin/sh
# SPDX-License-Identifier: MIT
# No file may grow: a report that cannot be written for that reason costs the
# program no SIGXFSZ, and the finding is said in words.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
mkdir "$reports"
(
	ulimit -f 0
	ALLOCCHECK_OPTIONS=log_path=$reports \
		LD_PRELOAD=$preload_library:$preload \
		"$programs/citizen" bad 2>&1
	echo "status $?"
) | cat >out
grep -q '^citizen: well$' out || fail "it did not live"
grep -q '^status 0$' out || fail "another status"
grep -q 'T5' out || fail "nothing is said"
