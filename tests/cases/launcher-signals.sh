#!/bin/sh
# SPDX-License-Identifier: MIT
# SIGTERM for the launcher reaches the program.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

mkdir "$reports"
"$alloccheck" --log-path="$reports" "$programs/citizen" wait "$work/ready" \
	>out 2>err &
pid=$!
tries=0
until [ -e ready ]; do
	tries=$((tries + 1))
	[ $tries -lt 300 ] || { kill -9 $pid; fail "it did not start"; }
	sleep 0.1
done
kill -TERM $pid
status=0
wait $pid || status=$?

expect_status 7
expect_no_report
