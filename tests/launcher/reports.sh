#!/bin/sh
# SPDX-License-Identifier: MIT
# The end of a run: the exit status of a run with errors, how the program
# ended in its report, reports of earlier runs, folders with odd names.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
[ -f "$preload_library" ] || skip "no preload library"
preload=$foreign
faulty="$programs/engine cross $plugins/plug.so deep"

# ended KIND STATUS: how the only report says that its process ended.
ended()
{
	"$alloccheck" report --format=json "$reports" >json 2>&1
	grep -q "\"ended\":\"$1\",\"status\":$2[,}]" json ||
		fail "not ended by $1 $2: $(cat json)"
}

run_alloccheck $faulty
expect_status 99
ended exit 0
grep -q '^alloccheck: 1 error in 1 of 1 process' err || fail "no summary"
run_alloccheck --error-exitcode=7 $faulty
expect_status 7
run_alloccheck --error-exitcode=0 $faulty
expect_status 0
run_alloccheck -q $faulty
expect_status 99
[ ! -s err ] || fail "-q: $(cat err)"
run_alloccheck sh -c "$faulty; exit 3"
expect_status 3
grep -q '^alloccheck: 1 error' err || fail "a child's error is not told"

# By signal, and through exec: the report is the last program's.
run_alloccheck sh -c "$faulty; kill -USR1 \$\$"
expect_status 138
run_alloccheck --on-error=abort $faulty
expect_status 134
ended signal 6
run_alloccheck sh -c "exec $faulty"
expect_status 99
ended exit 0

# A folder that has the reports of an earlier run: its errors are not this
# run's.
again()
{
	status=0
	LD_PRELOAD=$foreign "$alloccheck" --log-path="$reports" "$@" \
		>out 2>err </dev/null || status=$?
}
sleep 0.1
again true
expect_status 0
grep -q "^alloccheck: nothing " err || fail "$(cat err)"
again $faulty
expect_status 99
grep -q '^alloccheck: 1 error in 1 of 1 process' err || fail "$(cat err)"

# Without -o: a folder here; '%', ':' and blanks in its name mean nothing.
mkdir 'odd %p 100% a:b'
(cd 'odd %p 100% a:b' && LD_PRELOAD=$foreign "$alloccheck" $faulty >../out \
	2>../err </dev/null)
status=$?
expect_status 99
set -- 'odd %p 100% a:b'/alloccheck.*/engine.*.alck
[ -f "$1" ] || fail "no report in $(ls 'odd %p 100% a:b')"

# File names made of the process ID and the program's name.
reports=$work/named
mkdir named
LD_PRELOAD=$foreign "$alloccheck" -o 'named/[%n]-%p.alck' $faulty \
	>out 2>err </dev/null
status=$?
expect_status 99
set -- named/*
case $1 in
'named/[engine]-'[0-9]*.alck) ;;
*) fail "named $*" ;;
esac
ended exit 0
