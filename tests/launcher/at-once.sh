#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs at the same time with one folder for their reports, as the tests of a
# suite are: each launcher counts its own.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
programs=$top_builddir/tests/programs
mkdir found
mkfifo wait
# It has begun before the other's report is there, and ends after it.
"$alloccheck" -o found sh -c 'cat wait >/dev/null' 2>quiet &
quiet=$!
sleep 0.2
"$alloccheck" -o found "$programs/misuse" double >out 2>err
[ $? = 99 ] || fail "the one with an error: exit status"
[ -n "$(ls found)" ] || fail "no report"
: >wait
wait $quiet || fail "the other one has the error too: $(cat quiet)"
grep -q 'nothing found' quiet || fail "it says: $(cat quiet)"
