#!/bin/sh
# SPDX-License-Identifier: MIT
# Stacks that are known again are what a walk gives, ours and libunwind's:
# stacks=verify walks each time and aborts where that differs.  On many paths
# of one depth, coroutines, signal handlers, exceptions, libraries that are
# loaded, and real programs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command perl
need_command sqlite3
need_command node

verified()
{
	for how in "cfi " "cfi $jemalloc" "libunwind "; do
		preload=${how#* }
		run_alloccheck --log-empty=1 --stacks=verify \
			--unwinder="${how%% *}" "$@"
		expect_status 0
		expect_findings
		json
		grep -q :stacks=verify: findings.json ||
			fail "the report does not say how stacks were walked"
	done
}

verified "$top_builddir/tests/bench/pairs" tight 20000 16
verified "$programs/coroutines" 3000
verified "$programs/throws" 200 jump
verified perl -e 'my %h; push @{$h{$_ % 99}}, sub { "x$_" } for 1 .. 20000;
	print scalar(grep { $_->() =~ /7$/ } map { @$_ } values %h), "\n"'
verified sqlite3 :memory: 'with recursive n(i) as (select 1 union all select
	i + 1 from n where i < 5000) select count(*), group_concat(i) from n'
verified "$PYTHON3" -c 'import json, ctypes, sqlite3, decimal
print(len(json.dumps([json.loads("{\"a\": [1, 2, {\"b\": %d}]}" % i)
	for i in range(3000)])))'
verified node -e 'console.log(JSON.stringify([..."x".repeat(9999)].map(
	(x, i) => ({ i, x }))).length)'
