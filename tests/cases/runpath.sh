#!/bin/sh
# SPDX-License-Identifier: MIT
# A library with RUNPATH $ORIGIN loads its neighbour by the bare name: dlopen
# must see the library as its caller.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

mkdir sub
build()
{
	$CC -shared -fPIC -g -D_GNU_SOURCE "$@" \
		"$top_srcdir/tests/programs/outer.c" -ldl >cc.log 2>&1 ||
		fail "the compiler: $(cat cc.log)"
}
build -o sub/outer.so -Wl,-rpath,'$ORIGIN' -Wl,--enable-new-dtags
build -o sub/inner.so -DINNER
printf 'outer says 42\ncitizen: well\n' >plain
run_plain "$programs/citizen" load "$work/sub/outer.so"
expect_status 0
expect_same plain
run_alloccheck "$programs/citizen" load "$work/sub/outer.so"
expect_clean
expect_same plain
run_alloccheck --watch-loads=0 "$programs/citizen" load "$work/sub/outer.so"
expect_clean
expect_same plain
