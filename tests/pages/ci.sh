#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples of doc/ci with the tools that they are for: the good test passes,
# the bad one fails for alloccheck's sake alone, and the report is where the
# example says.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command autoreconf make cmake ctest meson pytest-3
mkdir bin
ln -s "$alloccheck" bin/alloccheck
ALLOCCHECK_LIBRARY=$preload_library
PATH=$work/bin:$PATH
export PATH ALLOCCHECK_LIBRARY
unset MAKEFLAGS MFLAGS MAKELEVEL TESTS

# example NAME: in a folder of its own.
example()
{
	cd "$work" || exit 99
	cp -r "$top_srcdir/doc/ci/$1" "$1" && chmod -R u+w "$1" &&
		cp "$top_srcdir"/doc/ci/*.c "$1" && cd "$1" || fail "$1: copy"
	name=$1
}

# found: what the example left, as CI is given it.
found()
{
	"$alloccheck" report --format=junit "$1" >"$work/junit" ||
		fail "$name: no reports in $1"
	grep -q 'tests="1" failures="1"' "$work/junit" ||
		fail "$name: not one failure: $(cat "$work/junit")"
	grep -q 'type="T22"' "$work/junit" || fail "$name: not the one"
}

example automake
{ autoreconf -i && ./configure --quiet; } >"$work/out" 2>&1 || fail "$name"
make check >"$work/out" 2>&1 && fail "$name: nothing failed"
grep -q '^PASS: good' "$work/out" || fail "$name: the good test"
grep -q '^ERROR: bad' "$work/out" || fail "$name: the bad test"
found found
rm -r found
make check ALLOCCHECK= TESTS=good >"$work/out" 2>&1 || fail "$name: without"
[ ! -e found ] || fail "$name: a report without alloccheck"

example ctest
cmake -S . -B build >"$work/out" 2>&1 && cmake --build build \
	>>"$work/out" 2>&1 || fail "$name"
(cd build && ctest) >"$work/out" 2>&1 && fail "$name: nothing failed"
grep -Eq 'good \.+ +Passed' "$work/out" || fail "$name: the good test"
grep -Eq 'bad \.+\*\*\*Failed' "$work/out" || fail "$name: the bad test"
found build/found

example meson
meson setup build >"$work/out" 2>&1 || fail "$name"
meson test -C build --setup=alloccheck >"$work/out" 2>&1 &&
	fail "$name: nothing failed"
grep -Eq 'good +OK' "$work/out" || fail "$name: the good test"
grep -Eq 'bad +(ERROR|FAIL).*exit status 99' "$work/out" || fail "$name: the bad test"
found build/found

example pytest
alloccheck -q -o found pytest-3 -p no:cacheprovider -v >"$work/out" 2>&1 &&
	fail "$name: nothing failed"
grep -q 'test_good PASSED' "$work/out" || fail "$name: the good test"
grep -q 'ERROR at teardown of test_bad' "$work/out" || fail "$name: the bad test"
grep -q 'alloccheck: T22 ' "$work/out" || fail "$name: not said why"
[ "$(grep -c 'ERROR at' "$work/out")" = 1 ] || fail "$name: others too"
found found
exit 0
