#!/bin/sh
# SPDX-License-Identifier: MIT
# Signals and the terminal reach the program as if the launcher were not there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
. "$top_srcdir/tests/launcher/library.sh"
[ "$PYTHON3" != no ] || skip "no python3 here"
timeout -k 5 "$limit" "$PYTHON3" "$top_srcdir/tests/launcher/signals.py" \
	"$alloccheck" || fail "see above"
