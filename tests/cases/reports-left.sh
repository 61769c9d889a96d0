#!/bin/sh
# SPDX-License-Identifier: MIT
# A process with nothing to say leaves no file, unless asked to.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc

for preload in '' "$jemalloc"; do
	run_alloccheck "$programs/mixes" none
	expect_status 0
	expect_no_report
	run_preloaded '' "$programs/mixes" none
	expect_status 0
	expect_no_report
	run_alloccheck sh -c 'ls / | sort | tail -n 1'
	expect_status 0
	expect_no_report
	run_alloccheck --log-empty=1 "$programs/mixes" none
	expect_status 0
	expect_findings --reports=1
done
