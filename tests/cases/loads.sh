#!/bin/sh
# SPDX-License-Identifier: MIT
# A thousand loads and unloads, and as many that fail.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

run_alloccheck --log-empty=1 "$programs/loads" 1000 "$plugins/plug.so"
expect_status 0
expect_findings
preload=$foreign
run_alloccheck --log-empty=1 "$programs/loads" 1000 "$plugins/plug.so" deep
expect_status 0
expect_findings
