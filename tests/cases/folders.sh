#!/bin/sh
# SPDX-License-Identifier: MIT
# A relative log_path means the folder at the start; names with %p and %n.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

LD_PRELOAD=$plugins/own-malloc.so
export LD_PRELOAD
mkdir reports
status=0
"$alloccheck" --log-path=reports "$programs/citizen" chdir >out 2>err ||
	status=$?
expect_status 99
expect_findings --reports=1 "T5 count=1 free~citizen_mistake"
rm -rf reports
mkdir reports

status=0
ALLOCCHECK_OPTIONS="log_path=$reports/%n-%p.x" \
	LD_PRELOAD=$preload_library:$plugins/own-malloc.so "$programs/citizen" chdir \
	>out 2>err || status=$?
expect_status 0
ls reports | grep -qE '^citizen-[0-9]+\.x$' || fail "named: $(ls reports)"
unset LD_PRELOAD
reports=$(ls "$reports"/*)
expect_findings --reports=1 "T5 count=1"

# bad OPTIONS: a mistake, with these options in the environment.
bad()
{
	status=0
	ALLOCCHECK_OPTIONS=$1 \
		LD_PRELOAD=$preload_library:$plugins/own-malloc.so \
		"$programs/citizen" bad >out 2>err || status=$?
	expect_status 0
}

# Variables, in which a slash leads nowhere.
cd "$work" || exit 99
mkdir named
JOB=a/../b NONE= bad "log_path=$work/named/%q{JOB}-%q{NONE}-%q{UNSET}.x"
[ "$(ls named)" = 'a_.._b--.x' ] || fail "named: $(ls named)"
[ "$(stat -c %a named/*)" = 600 ] || fail "others may read it"
JOB=x bad "log_path=$work/named/%p%%%q{JOB"
ls named | grep -qE '^[0-9]+%$' || fail "a brace that is not closed"

# Nobody's file is overwritten, and no link is followed.
rm named/*
echo mine >named/one.x
JOB=one bad "log_path=$work/named/%q{JOB}.x"
[ "$(cat named/one.x)" = mine ] || fail "a file was overwritten"
[ -s named/one.x.1.alck ] || fail "no report beside it: $(ls named)"
rm named/*
ln -s "$work/elsewhere" named/two.x
JOB=two bad "log_path=$work/named/%q{JOB}.x"
[ ! -e elsewhere ] || fail "a symbolic link was followed"
[ -s named/two.x.1.alck ] || fail "no report beside the link: $(ls named)"

# The launcher finds them by the same name.
JOB=seven LD_PRELOAD=$plugins/own-malloc.so \
	"$alloccheck" -o 'named/%q{JOB}-%n' "$programs/citizen" bad >out 2>err
[ $? = 99 ] || fail "the launcher has not found its report"
grep -q '^alloccheck: 1 error in 1 of 1 process' err || fail "no summary"
[ -s named/seven-citizen ] || fail "named: $(ls named)"
