#!/bin/sh
# SPDX-License-Identifier: MIT
# The exit status is the program's own; only where that is 0 and errors were
# found it is another.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

for n in 0 1 7 99 255; do
	run_alloccheck "$programs/citizen" status $n
	expect_status $n
	run_alloccheck "$programs/citizen" quick $n
	expect_status $n
done
for signal in 6 9 11 15; do
	run_alloccheck "$programs/citizen" raise $signal
	expect_status $((128 + signal))
done

preload=$plugins/own-malloc.so
run_alloccheck "$programs/citizen" bad
expect_status 99
run_alloccheck --error-exitcode=3 "$programs/citizen" bad
expect_status 3
run_alloccheck --error-exitcode=0 "$programs/citizen" bad
expect_status 0
expect_findings "T5 count=1"
run_alloccheck "$programs/citizen" bad_quick
expect_status 99
expect_findings "T5 count=1"
run_alloccheck "$programs/citizen" bad_kill
expect_status 137
expect_findings "T5 count=1"
run_alloccheck "$programs/citizen" bad_exec "$programs/citizen" status 5
expect_status 5
expect_findings "T5 count=1"
# Without the launcher nothing changes the status.
run_preloaded '' "$programs/citizen" bad
expect_status 0
expect_findings "T5 count=1"
