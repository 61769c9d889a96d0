#!/bin/sh
# SPDX-License-Identifier: MIT
# perf record beside detours: the program is stopped and looked at a thousand
# times a second, and each of its entry points has one all the same.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
perf --version >/dev/null 2>&1 || skip "no perf here (Debian package linux-perf)"
link program -DFOUR "$top_srcdir/tests/programs/linked.c" \
	"$top_srcdir/tests/programs/own-malloc.c"
perf record -q -e cpu-clock:u -o perf.data true >out 2>&1 ||
	skip "the kernel does not let perf record"
mkdir "$reports"
run_plain perf record -q -e cpu-clock:u -o perf.data "$alloccheck" \
	--log-path="$reports" --log-empty=1 ./program work
expect_clean
expect_provider other static all program
