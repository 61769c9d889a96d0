#!/bin/sh
# SPDX-License-Identifier: MIT
# Damaged reports in their thousands: see survive.c.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=.}"
programs=$top_builddir/tests/reports
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failures=0
for name in good-deep-bind good-not-a-mix good-kinds; do
	"$programs/make-report" <"$top_srcdir/tests/reports/$name.txt" \
		>"$work/$name.alck" || exit 1
	"$programs/survive" "$work/$name.alck" 800 >"$work/out" ||
		{ echo "FAIL: $name"; failures=$((failures + 1)); }
	sed "s/^/$name: /" "$work/out"
	test "$(grep -c '^ok' "$work/out")" = 4 || failures=$((failures + 1))
done
test $failures = 0
