#!/bin/sh
# SPDX-License-Identifier: MIT
# A relative log_path means the folder at the start; names with %p and %n.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

LD_PRELOAD=$plugins/own-malloc.so
export LD_PRELOAD
mkdir reports
status=0
"$alloccheck" --log-path=reports "$programs/citizen" chdir >out 2>err ||
	status=$?
expect_status 99
expect_findings --reports=1 "T5 count=1 free~citizen_mistake"
rm -rf reports
mkdir reports

status=0
ALLOCCHECK_OPTIONS="log_path=$reports/%n-%p.x" \
	LD_PRELOAD=$preload_library:$plugins/own-malloc.so "$programs/citizen" chdir \
	>out 2>err || status=$?
expect_status 0
ls reports | grep -qE '^citizen-[0-9]+\.x$' || fail "named: $(ls reports)"
unset LD_PRELOAD
reports=$(ls "$reports"/*)
expect_findings --reports=1 "T5 count=1"
