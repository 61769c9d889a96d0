#!/bin/sh
# SPDX-License-Identifier: MIT
# The browser itself under alloccheck: PartitionAlloc, linked into a stripped
# program of 300 MB with children and sandboxes of all kinds.  It shows what it
# shows alone, and nothing is found.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command chromium jq

show()
{
	rm -rf profile
	"$@" chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir="$work/profile" \
		--dump-dom 'data:text/html,<script>document.write(6*7)</script>'
}

show run_plain
expect_status 0
grep -q '<body>42</body>' out || fail "the browser does not work here"
mv out plain.out
show run_alloccheck --log-empty=1
expect_status 0
expect_same plain.out
expect_findings --unknown=any
# Some of its blocks come by functions without a name: they are unknown, and
# nobody is accused.  All of those with a name are seen.
jq -s -e '[.[] | select(.process.exe | endswith("/chromium")) |
	.coverage.objects[] | select(.path | endswith("/chromium"))] |
	length > 1 and all(.seen == "all")' findings.json >/dev/null ||
	fail "not all of its entry points are seen"
grep -q '"title":"PartitionAlloc by its strings"' findings.json ||
	fail "PartitionAlloc is not known by its strings"
