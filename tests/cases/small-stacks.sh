#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads with the smallest stack there is allocate, and make mistakes.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc

for preload in '' "$jemalloc"; do
	run_plain "$programs/citizen" smallstack
	expect_status 0
	for unwinder in cfi libunwind fp; do
		run_alloccheck --unwinder=$unwinder "$programs/citizen" \
			smallstack
		expect_clean
	done
done
preload=$plugins/own-malloc.so
for unwinder in cfi libunwind fp; do
	run_alloccheck --unwinder=$unwinder "$programs/citizen" smallstack_bad
	expect_status 99
	expect_findings --sum "T5 count=20"
done
