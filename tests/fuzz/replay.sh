#!/bin/sh
# SPDX-License-Identifier: MIT
# Each fuzz target over the corpus that fuzzing starts from.  What fuzzing has
# found becomes a sample of tests/reports or a case of a unit test.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
export top_srcdir top_builddir
"${SHELL:-sh}" "$top_srcdir/tests/fuzz/corpus.sh" corpus || fail "no corpus"
for target in report suppressions options; do
	set -- corpus/$target/*
	[ $# -ge 3 ] || fail "$target: no corpus"
	"$top_builddir/tests/fuzz/replay-$target" "$@" >out 2>err ||
		fail "$target"
	[ "$(cat out)" = $# ] || fail "$target: not all of them"
done
