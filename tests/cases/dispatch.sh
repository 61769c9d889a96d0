#!/bin/sh
# SPDX-License-Identifier: MIT
# What becomes of a misdirected block: its owner gets it, nobody, or the one
# it was given to.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

preload=$foreign
for crossing in cross back realloc getline; do
	for dispatch in owner leak; do
		run_alloccheck --dispatch=$dispatch "$programs/engine" \
			$crossing "$plugins/plug.so" deep
		expect_status 99
		grep -q 'still alive' out || fail "$crossing did not live"
		case $dispatch-$crossing in
		leak-realloc)
			# What realloc gave instead is the wrong allocator's.
			expect_findings "T1 action=leak api=realloc count=1" \
				"T1 action=leak api=free owner=glibc count=1
				allocapi=realloc" ;;
		*) expect_findings "T1|T1b action=$dispatch count=1" ;;
		esac
	done
	# As if we were not there: it dies as it does without.
	run_plain "$programs/engine" $crossing "$plugins/plug.so" deep
	without=$status
	cp err without.err
	run_alloccheck --dispatch=caller "$programs/engine" $crossing \
		"$plugins/plug.so" deep
	expect_status "$without"
	for line in 'free(): invalid' 'realloc(): invalid' 'munmap_chunk()'; do
		! grep -qF "$line" without.err || grep -qF "$line" err ||
			fail "the allocator did not say: $line"
	done
	expect_findings "T1|T1b action=caller count=1"
done
