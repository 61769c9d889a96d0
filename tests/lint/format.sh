#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-format has nothing to change.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command clang-format
cd "$top_srcdir" || exit 99
find lib tools tests -name '*.[ch]' -o -name '*.cc' | sort |
	xargs clang-format -n 2>&1 | grep 'warning:' | cut -d: -f1 | sort |
	uniq -c >"$work/bad"
[ ! -s "$work/bad" ] || { cat "$work/bad"; fail "run clang-format -i on these"; }
