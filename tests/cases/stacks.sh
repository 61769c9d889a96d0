#!/bin/sh
# SPDX-License-Identifier: MIT
# How much of a stack is kept, and how it is walked.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

preload=$foreign
for unwinder in cfi libunwind; do
	run_alloccheck --unwinder=$unwinder "$programs/engine" cross \
		"$plugins/plug.so" deep
	expect_findings "T1 alloc~engine_alloc alloc~main free~plug_free
		free~main"
done
run_alloccheck --stacks=caller "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
expect_findings "T1 owner=$family freer=glibc alloc~engine_alloc
	free~plug_free"
frames()
{
	json
	"$PYTHON3" -c '
import json, sys
finding = json.load(open("findings.json"))["findings"][0]
print(len({f["pc"] for f in finding[sys.argv[1]]["stack"]}))' "$1"
}
[ "$(frames allocation)" = 1 ] || fail "$(frames allocation) frames are kept"
run_alloccheck --stacks=none "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
expect_findings "* severity=error owner=$family freer=glibc free~plug_free"
[ "$(frames allocation)" = 0 ] || fail "$(frames allocation) frames are kept"
run_alloccheck --depth=2 "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
expect_findings "T1 alloc~engine_alloc"
[ "$(frames allocation)" = 2 ] || fail "$(frames allocation) frames are kept"
