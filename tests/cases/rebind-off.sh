#!/bin/sh
# SPDX-License-Identifier: MIT
# rebind=0 is an interposer alone: what is deep-bound is not seen, what comes
# by the global scope is.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
run_alloccheck --rebind=0 "$programs/citizen" bad
expect_status 99
expect_findings "T5 count=1 owner=glibc freer=other"
run_alloccheck --rebind=0 --log-empty=1 "$programs/engine" own \
	"$plugins/plug.so" deep
expect_status 0
expect_findings
