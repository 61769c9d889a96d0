#!/bin/sh
# SPDX-License-Identifier: MIT
# A thousand loads and unloads, and as many that fail; and by many threads.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

run_alloccheck --log-empty=1 "$programs/loads" 1000 "$plugins/plug.so"
expect_status 0
expect_findings
# By eight threads at the same time, each its own; noticed at once, and at the
# next load.
for n in 1 2 3 4 5 6 7 8; do
	cp "$plugins/plug.so" plug$n.so
done
for watch in 1 0; do
	run_alloccheck --log-empty=1 --watch-loads=$watch \
		"$programs/churn" 100 ./plug?.so
	expect_clean
done
preload=$foreign
run_alloccheck --log-empty=1 "$programs/loads" 1000 "$plugins/plug.so" deep
expect_status 0
expect_findings
