#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs with malloc hooks of their own: they are called as often as without
# us, and what they free accuses nobody.  A hook that is set and that nobody
# reads rescues nothing.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
. "$top_srcdir/tests/incident/readers.sh"
need_jemalloc
tracer=$top_builddir/tests/incident/tracer
unread=$plugin
find_reader || skip "nothing on this system reads malloc hooks"

# same [PLUGIN]: with and without us.
same()
{
	run_plain "$tracer" "$@"
	expect_status 0
	mv out plain.out
	run_alloccheck "$tracer" "$@"
	expect_same plain.out
	expect_clean
}

preload=$debug
same
grep -qx '100 mallocs, 100 frees' out || fail "the hooks were not called"
same "$plugin"
grep -qx '100 mallocs, 100 frees' out || fail "the hooks were not called"
preload=$jemalloc${debug:+:$debug}
same "$plugin"
grep -q ' 100 frees' out || fail "the hook was not called"

[ "$debug" ] || exit 0
preload=$jemalloc
# By a path that only means something to the program, and names are found.
cp "$unread" unread.so
run_alloccheck "$tracer" ./unread.so
expect_status 99
grep -qx '0 mallocs, 0 frees' out || fail "a hook was called"
expect_findings "T1 severity=error owner=jemalloc freer=glibc count=100
	action=owner free~plugin_free free~main"
