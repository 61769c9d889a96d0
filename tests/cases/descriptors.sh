#!/bin/sh
# SPDX-License-Identifier: MIT
# Our descriptors are high and close-on-exec; a program may close them, and
# put its own files there, and we write into none of those.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc

for preload in '' "$jemalloc"; do
	run_plain "$programs/citizen" closed "$programs/citizen" fds
	expect_status 0
	run_alloccheck "$programs/citizen" closed "$programs/citizen" fds
	expect_clean
	run_alloccheck --log-empty=1 "$programs/citizen" closed \
		"$programs/citizen" fds
	expect_status 0
	expect_findings
done

preload=$plugins/own-malloc.so
run_alloccheck "$programs/citizen" closeall "$work/its-own"
expect_status 99
[ -f its-own ] || fail "no file"
[ ! -s its-own ] || fail "we wrote into the program's file"
expect_findings "T5 count=1 free~citizen_mistake"

# So few descriptors that there is no high one.
(
	ulimit -n 24
	run_alloccheck "$programs/citizen" bad
	echo "$status" >status
)
status=$(cat status)
expect_status 99
expect_findings "T5 count=1 free~citizen_mistake"
