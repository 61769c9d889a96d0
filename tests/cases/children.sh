#!/bin/sh
# SPDX-License-Identifier: MIT
# Children are checked too, each with a report of its own; one that was
# started without our environment just runs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
run_alloccheck sh -c "'$programs/citizen' bad; '$programs/citizen' bad; :"
expect_status 99
expect_findings --reports=2 "T5 count=1" "T5 count=1"
run_alloccheck "$programs/citizen" bad_fork
expect_status 99
expect_findings --reports=2 "T5 count=1" "T5 count=1"
run_alloccheck "$programs/citizen" bad_exec "$programs/citizen" bad
expect_status 99
expect_findings --reports=2 "T5 count=1" "T5 count=1"
# In a report for each that asked for one.
run_alloccheck --log-empty=1 sh -c "'$programs/citizen' status 0;
	'$programs/citizen' status 0; exit 4"
expect_status 4
expect_findings --reports=3

run_alloccheck sh -c "'$programs/citizen' preload"
expect_status 0
head -n 1 out | grep -q "liballoccheck.so:.*own-malloc" ||
	fail "the child's LD_PRELOAD is not ours and then the user's"
run_alloccheck env -i "$programs/citizen" status 3
expect_status 3
expect_findings --no-info
