#!/bin/sh
# SPDX-License-Identifier: MIT
# on_error=abort stops before the wrong allocator sees the block: death by
# SIGABRT, no message of the allocator's, a readable report.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

preload=$foreign
for crossing in cross back realloc strdup; do
	run_alloccheck --on-error=abort "$programs/engine" $crossing \
		"$plugins/plug.so" deep
	expect_status 134
	! grep -q 'still alive' out || fail "it lived"
	! grep -qE '^[a-z_]+\(\): (invalid|double)' err || fail "the allocator saw it"
	expect_findings "T1|T1b severity=error action=abort count=1"
done
for misuse in double stack; do
	preload=
	run_alloccheck --on-error=abort "$programs/misuse" $misuse
	expect_status 134
	! grep -q 'still alive' out || fail "it lived"
	! grep -qE '^[a-z_]+\(\): (invalid|double)' err || fail "the allocator saw it"
	expect_findings "T22 severity=error action=abort count=1"
done
preload=$foreign
run_preloaded on_error=abort "$programs/engine" cross "$plugins/plug.so" deep
expect_status 134
expect_findings "T1 action=abort"
run_alloccheck --on-error=abort "$programs/engine" own "$plugins/plug.so" deep
expect_clean
run_alloccheck --on-error=abort "$programs/engine" cross "$plugins/plug.so"
expect_clean
