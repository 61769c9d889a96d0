#!/bin/sh
# SPDX-License-Identifier: MIT
# Little address space: the program's own memory comes first.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

# limited KIB COMMAND...: under ulimit -v, when it runs so without us.
limited()
{
	kib=$1
	shift
	(
		ulimit -v "$kib"
		run_plain "$@"
		[ "$status" = 0 ]
	) || fail "it does not run in $kib KiB without us"
	(
		ulimit -v "$kib"
		run_preloaded '' "$@"
		exit "$status"
	)
	status=$?
}

for kib in 40000 60000 100000 400000; do
	limited $kib "$programs/citizen" memory 4
	expect_status 0
done
limited 90000 "$programs/citizen" memory 40
expect_status 0
limited 400000 "$programs/citizen" memory 300
expect_status 0
# Where there is room for it, a mistake is found.
preload=$plugins/own-malloc.so
(
	ulimit -v 400000
	run_preloaded '' "$programs/citizen" bad
	exit "$status"
)
status=$?
expect_status 0
expect_findings "T5 count=1"
