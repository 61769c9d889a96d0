#!/bin/sh
# SPDX-License-Identifier: MIT
# A deep-bound plugin frees what libc allocated for it: libc uses the
# program's allocator, the plugin libc's.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

for crossing in strdup getline asprintf; do
	for plug in plug plug-tail; do
		preload=$foreign
		run_alloccheck "$programs/engine" $crossing \
			"$plugins/$plug.so" deep
		expect_status 99
		grep -q '^engine: still alive$' out || fail "it did not live"
		expect_findings "T1b slug=deep-bind-libc-memory severity=error
			verdict=cross-allocator owner=$family freer=glibc
			api=free count=1 alloc~plug_$crossing
			free~plug_$crossing"

		preload=
		run_alloccheck "$programs/engine" $crossing \
			"$plugins/$plug.so" deep
		expect_clean
		preload=$foreign
		run_alloccheck "$programs/engine" $crossing "$plugins/$plug.so"
		expect_clean
	done
done
