#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs inside a userland, as userlands.sh starts it: builds /src in /build and
# runs the tests there.
set -u
jobs=$(nproc)
[ "$jobs" -le 2 ] || jobs=2

# quietly LOG COMMAND...: its output goes to LOG, and is shown if it fails.
quietly()
{
	local log=/build/$1
	shift
	"$@" >"$log" 2>&1 && return
	echo "failed: $*"
	tail -n 60 "$log"
	exit 1
}

if [ ! -f /src/configure ]; then
	cd /src || exit 1
	quietly autoreconf.log autoreconf -fi
fi
cd /build || exit 1
[ -f config.status ] ||
	quietly configure.log /src/configure --enable-werror
quietly make.log make -k -j "$jobs"
# All but those to which one C library is as good as another, and those that
# ask the kernel alone.
: "${GLIBC_TESTS:=$(make -s print-tests | tr ' ' '\n' |
	grep -v -E '^tests/(bench|fuzz|lint|model|pages)/|^tests/(reports/merge|cases/uprobes)' | tr '\n' ' ')}"
make -k -j "$jobs" check TESTS="$GLIBC_TESTS" >check.log 2>&1
status=$?
# What did not even run: the end of the log tells.
if [ $status != 0 ] && ! grep -q '^# FAIL: *[1-9]\|^# ERROR: *[1-9]' check.log
then
	tail -n 60 check.log
fi
# A report for userlands.sh to read elsewhere, and what is said of it here.
rm -rf elsewhere elsewhere.json
mkdir elsewhere
tools/alloccheck -q -o /build/elsewhere tests/programs/misuse double \
	>/dev/null 2>&1
tools/alloccheck report --format=json elsewhere >elsewhere.json
exit $status
