# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of `alloccheck scan` share.
. "$top_srcdir/tests/init.sh"

# scan ARGUMENTS...: its JSON in scan.json, its exit status in $status.
scan()
{
	status=0
	"$alloccheck" scan --format=json "$@" >scan.json 2>err || status=$?
}

# expect STATUS EXPECTED...: see expect.py.
expect()
{
	expect_status "$1"
	shift
	"$PYTHON3" "$top_srcdir/tests/scan/expect.py" scan.json "$@" \
		>findings.txt || fail "the scan is not as expected"
}

# wait_for FILE: until it has something in it, for ten seconds at most.
wait_for()
{
	for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
		21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
		[ -s "$1" ] && return
		sleep 0.1
		[ "$tenth" -le 20 ] || sleep 0.3
	done
	fail "nothing came to $1"
}

# child_of PID: the ID of one of its children, if it has any.
child_of()
{
	sed -n "s/^\([0-9]*\) (.*) [A-Za-z] $1 .*/\1/p" /proc/[0-9]*/stat \
		2>/dev/null | head -n 1
}
