#!/bin/sh
# SPDX-License-Identifier: MIT
# The HTML page in Chromium: it loads without complaint and without a request,
# filters, obeys the keyboard, can be read in both colour schemes, and takes
# nothing that a report holds for markup.  With PICTURES=FOLDER in the
# environment screenshots are left there, to be looked at.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command chromium
here=$top_srcdir/tests/pages

# Reports of what really happened, and samples of what seldom does.
mkdir all
need_foreign
preload=$foreign
run_alloccheck "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
mv "$reports"/*.alck all
run_alloccheck "$programs/misuse" double
expect_status 99
mv "$reports"/*.alck all
preload=
for description in "$top_srcdir"/tests/reports/good-*.txt "$here/hostile.txt"
do
	name=$(basename "$description" .txt)
	"$top_builddir/tests/reports/make-report" <"$description" \
		>"$name.alck" || fail "$name: no report made"
done
"$alloccheck" report --format=html all good-*.alck >page.html ||
	fail "no page"
"$alloccheck" report --format=html hostile.alck >hostile.html || fail "hostile"
"$alloccheck" report --format=html good-nothing.alck >empty.html ||
	fail "empty"
"$alloccheck" report --diff --format=html good-nothing.alck all >changes.html
[ $? = 99 ] || fail "changes"
"$PYTHON3" "$here/browser.py" chromium page.html hostile.html empty.html changes.html \
	${PICTURES:+"$PICTURES"} >out 2>&1 || fail "the page is not as it should be"
