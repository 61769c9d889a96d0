#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever the program dies of, the finding is not lost: a row for each way of
# dying, and where it is told then: in the report that the process wrote, by the
# launcher, or in words on stderr.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

preload=$plugins/own-malloc.so
mkdir cell
chmod 755 .

# alone ARGS...: as run_preloaded does, but with a pipe as stderr: where no file
# may grow, that is not one.
alone()
{
	rm -rf "$reports"
	mkdir "$reports"
	{
		status=0
		timeout -k 5 "$limit" env \
			ALLOCCHECK_OPTIONS="log_path=$reports" \
			LD_PRELOAD="$preload_library:$preload" "$@" \
			2>&1 >/dev/null </dev/null || status=$?
		echo "$status" >status
	} 2>/dev/null | cat >err
	status=$(cat status)
}

# told WHERE ROW: the finding is there, and once.
told()
{
	case $1 in
	report)
		expect_findings --reports=1 \
			"T5 count=1 free~mistake"
		;;
	words)
		[ -z "$(ls "$reports")" ] || fail "$2: a file: $(ls "$reports")"
		[ "$(grep -c 'alloccheck: error T5' err)" = 1 ] ||
			fail "$2: nothing is said, or twice"
		;;
	esac
}

# way: its name; status: of the program; launched: where the finding is told
# when the launcher started it; alone: where without a launcher; needs: what
# the row can only be tried as.
while read -r way status launched alone needs; do
	case $way in
	'#'* | '') continue ;;
	esac
	if [ "$needs" = root ] && [ "$(id -u)" != 0 ]; then
		continue
	fi
	run_alloccheck "$programs/dying" "$way" "$work/cell"
	expect_status "$status"
	told "$launched" "$way, launched"
	alone "$programs/dying" "$way" "$work/cell"
	expect_status "$status"
	told "$alone" "$way, alone"
	[ -z "$(ls cell)" ] || fail "$way: something was made in the cell"
done <<'TABLE'
# way		status	launched	alone	needs
kill		137	report		report	-
quick		7	report		report	-
group		7	report		report	-
abort		134	report		report	-
overflow	139	report		report	-
thread		7	report		report	-
memory		7	report		report	-
closed		7	report		report	-
files		7	report		words	-
full		7	words		words	-
refused		7	report		words	-
killed		7	report		words	-
chroot		7	report		words	root
rights		7	report		words	root
TABLE

# The disk is full from the second finding on: what is in the report is whole,
# and the other two are said.
run_preloaded '' "$programs/dying" late
expect_status 7
expect_findings "T5 free~main count=1"
[ "$(grep -c 'alloccheck: error T5' err)" = 2 ] || fail "late: not said"

# The same by a limit: the launcher goes on with the file that was begun.
run_alloccheck "$programs/dying" short
expect_status 7
expect_findings --reports=1 "T5 count=1 free~mistake" \
	"T5 count=1 free~mistake" "T5 count=1 free~mistake"
alone "$programs/dying" short
expect_status 7
expect_findings --reports=1 "T5 free~main count=1"
[ "$(grep -c 'alloccheck: error T5' err)" = 2 ] || fail "short: not said"

# Neither the program nor the launcher can make a file.
: >a-file
status=0
LD_PRELOAD=$preload "$alloccheck" --log-path="$work/a-file/reports" \
	"$programs/dying" quick >out 2>err || status=$?
expect_status 7
grep -q 'no file could be made for the report of process' err ||
	fail "the launcher says nothing"
grep -q '^alloccheck: error T5 missing-alloc-entry' err || fail "no finding"
grep -q 'mistake at dying.c' err || fail "no stack"
grep -q 'nothing found' err && fail "nothing found?"
LD_PRELOAD=$preload "$alloccheck" --log-path="$work/a-file/reports" \
	"$programs/citizen" bad >out 2>err
[ $? = 99 ] || fail "errors do not count"
exit 0
