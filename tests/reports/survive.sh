#!/bin/sh
# SPDX-License-Identifier: MIT
# Damaged reports in their thousands: see survive.c.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
programs=$top_builddir/tests/reports
for name in good-crash good-deep-bind good-not-a-mix good-kinds; do
	"$programs/make-report" <"$top_srcdir/tests/reports/$name.txt" \
		>$name.alck || fail "$name: no report made"
	"$programs/survive" $name.alck 800 >out 2>err || fail "$name"
	[ "$(grep -c '^ok' out)" = 5 ] || fail "$name"
done
