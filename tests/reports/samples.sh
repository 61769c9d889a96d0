#!/bin/sh
# SPDX-License-Identifier: MIT
# What `alloccheck report' says of each sample, against what it said before.
# --update writes the expected texts anew.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
samples=$top_srcdir/tests/reports
tool=$alloccheck
make_report=$top_builddir/tests/reports/make-report

for description in "$samples"/*.txt; do
	name=$(basename "$description" .txt)
	"$make_report" <"$description" >"$name.alck" ||
		fail "$name: no report made"
	"$tool" report --color=never "$name.alck" >"$name.text" 2>err
	status=$?
	cat err >>"$name.text"
	echo "exit status $status" >>"$name.text"
	case $name in
	good-*) expected=0 ;;
	*) expected=2 ;;
	esac
	test $status = $expected || fail "$name: exit status $status"
	if test $expected = 2 && ! grep -q "^alloccheck: $name.alck: " err; then
		fail "$name: no sentence says what is wrong"
	fi
	"$tool" report --format=json "$name.alck" >"$name.json" 2>/dev/null
	test $? = $expected || fail "$name: exit status with --format=json"
	if command -v jq >/dev/null; then
		jq -e . "$name.json" >/dev/null || fail "$name: not JSON"
	fi
	if test "${PYTHON3:-no}" != no; then
		"$PYTHON3" "$samples/names.py" "$name.json" ||
			fail "$name: names"
	fi
	# A line a member, so that differences can be read.
	sed 's/,"/,\
"/g' "$name.json" >lines && mv lines "$name.json"
	for form in text json; do
		if test "$1" = --update; then
			cp "$name.$form" "$samples/$name.$form"
		elif ! diff -u "$samples/$name.$form" "$name.$form"; then
			fail "$name.$form differs"
		fi
	done
done

# A folder is all that is in it; what is not named *.alck is none.
mkdir folder
cp good-kinds.alck good-nothing.alck folder
echo none >folder/notes.txt
"$tool" report --format=json folder >out || fail "a folder: exit status"
test "$(wc -l <out)" = 2 || fail "a folder: not two reports"
cp bad-cut.alck folder
"$tool" report folder >out 2>&1
test $? = 2 || fail "a folder with a damaged report: exit status"
grep -q T19 out || fail "a folder with a damaged report: the rest is missing"
mkdir nothing
"$tool" report nothing 2>err || fail "an empty folder: exit status"
grep -q 'no reports here' err || fail "an empty folder: nothing said"
"$tool" report missing.alck good-kinds.alck >out 2>err
test $? = 2 || fail "a missing file: exit status"
grep -q 'missing.alck: No such file' err || fail "a missing file: not said"
grep -q T19 out || fail "a missing file: the other report is not shown"
"$tool" report /dev/full >/dev/null 2>&1
test $? = 2 || fail "a device: exit status"

# Colour when asked for, and never else.
"$tool" report --color=always good-kinds.alck | grep -q "$(printf '\033')" ||
	fail "--color=always: no colour"
"$tool" report good-kinds.alck | grep -q "$(printf '\033')" &&
	fail "colour in a pipe"

# Verbose has what is else left out.
"$tool" report --verbose good-deep-bind.alck >out || fail "--verbose"
for word in modules command 0x00007f2000001139 deep-bound; do
	grep -q -- "$word" out || fail "--verbose: no $word"
done

# The command line.
"$tool" report --help | grep -q '^Usage: alloccheck report' || fail "--help"
"$tool" report 2>/dev/null && fail "no argument: exit status 0"
"$tool" report --format=xml good-kinds.alck 2>/dev/null &&
	fail "a wrong format: exit status 0"
"$tool" report --nonsense good-kinds.alck 2>/dev/null &&
	fail "a wrong option: exit status 0"
if test -w /dev/full; then
	"$tool" report good-kinds.alck >/dev/full 2>/dev/null
	test $? = 1 || fail "a full disk: exit status"
fi
exit 0
