#!/bin/sh
# SPDX-License-Identifier: MIT
# A correct program prints what it prints, and errno is as it was.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc

for preload in '' "$jemalloc"; do
	run_plain "$programs/citizen" errno
	expect_status 0
	run_alloccheck --summary=0 "$programs/citizen" errno
	expect_clean
	run_alloccheck --summary=0 "$programs/citizen" memory 20
	expect_clean
	echo 'citizen: well' >plain.out
	echo 'citizen: well too' >plain.err
	expect_same plain.out
	cmp -s plain.err err || fail "something was added to stderr"
	run_preloaded '' "$programs/citizen" memory 20
	expect_clean
	expect_same plain.out
	cmp -s plain.err err || fail "something was added to stderr"
done

# Findings do not go there either, unless asked for.
preload=$plugins/own-malloc.so
run_preloaded '' "$programs/citizen" bad
expect_same plain.out
cmp -s plain.err err || fail "something was added to stderr"
run_preloaded stderr=1 "$programs/citizen" bad
expect_same plain.out
grep -q 'T5' err || fail "the finding is not on stderr"
grep -q '^citizen: well too$' err || fail "the program's words are lost"
