#!/bin/sh
# SPDX-License-Identifier: MIT
# print_options and help, from inside the program.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

run_preloaded print_options=1:depth=7 "$programs/citizen" status 4
expect_status 4
grep -q 'depth=7' err || fail "depth is not shown"
for option in on_error dispatch stacks unwinder log_empty; do
	grep -q "$option=" err || fail "$option is not shown"
done
[ ! -s out ] || fail "something was added to stdout"
run_preloaded help=1 "$programs/citizen" status 4
expect_status 4
for option in on_error dispatch stacks depth unwinder log_path; do
	grep -q "$option" err || fail "$option is not in the help"
done
# A wrong one is said in a sentence, and the program runs.
run_preloaded no_such_option=1:depth=x "$programs/citizen" status 4
expect_status 4
grep -q no_such_option err || fail "nothing is said of it"
run_alloccheck --no-such-option=1 "$programs/citizen" status 4
[ "$status" != 4 ] || fail "the launcher took it"
