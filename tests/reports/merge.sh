#!/bin/sh
# SPDX-License-Identifier: MIT
# Many reports at once: each distinct finding once, in little memory; what two
# sets of them differ by, also after the program was built anew; progress on a
# terminal.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
make_report=$top_builddir/tests/reports/make-report

# fleet FOLDER REPORTS FINDINGS DISTINCT [SHIFT]
fleet()
{
	mkdir -p "$1" && "$top_builddir/tests/reports/fleet" "$@" ||
		fail "fleet $*"
}

report()
{
	status=0
	"$alloccheck" report "$@" >out 2>err || status=$?
}

fleet many 1500 10 30
# All of them parsed at once would take some 150 MB.
(
	ulimit -v 100000
	exec "$alloccheck" report many >out 2>err
) || fail "with 100 MB of address space"
[ "$(tail -n 1 out)" = "alloccheck: 15000 errors (30 distinct) in 1500 of 1500 processes; reports in many" ] ||
	fail "the last line: $(tail -n 1 out)"
[ "$(grep -c '^alloccheck: error T7' out)" = 30 ] || fail "not 30 findings"
[ "$(grep -c '  in process .* and 492 more, 500 times in all$' out)" = 30 ] ||
	fail "processes and times"
grep -q '^  first seen 2023-11-14T22:13:20Z, last seen 2023-11-14T22:38:1[0-9]Z' \
	out || fail "when"
rm -r many

# A damaged one is named, and counts for what is whole in it.
fleet some 20 5 10
head -c -100 some/prog.3.alck >cut && mv cut some/prog.3.alck
: >some/prog.4.alck
report some
expect_status 2
grep -q 'prog.3.alck: cut off' err || fail "nothing said of prog.3"
grep -q 'prog.4.alck: empty' err || fail "nothing said of prog.4"
grep -q '(10 distinct) in 19 of 19 processes' out || fail "$(tail -n 1 out)"
[ "$(report --each some; grep -c '(process ' out)" = 19 ] || fail "--each"
report --merge some/prog.1.alck some/prog.2.alck
expect_status 0
[ "$(tail -n 1 out)" = "alloccheck: 10 errors in 2 of 2 processes" ] ||
	fail "two files: $(tail -n 1 out)"
report --merge --format=json some
expect_status 1

# The difference.
fleet old 20 5 10
fleet new 20 5 13
report --diff old new
expect_status 99
[ "$(grep -c '^new$' out)" = 3 ] || fail "not 3 new ones"
[ "$(tail -n 1 out)" = "alloccheck: 3 new errors, 0 gone, 10 as before" ] ||
	fail "--diff: $(tail -n 1 out)"
report --diff --error-exitcode=4 old new
expect_status 4
report --diff new old
expect_status 0
[ "$(grep -c '^gone  T7 two-providers: free() of a jemalloc block' out)" = 3 ] ||
	fail "not 3 gone"
report --diff --format=ndjson old new
[ "$(grep -c '"change":"new"' out)" = 3 ] || fail "--diff in ndjson"
report --gen-suppressions new
mv out rules
report --diff --suppressions=rules old new
expect_status 0
report --diff old
expect_status 1
# Another build, and no file of it here: that they are the same nobody knows.
fleet shifted 20 5 10 1
report --diff old shifted
expect_status 99
grep -q '^alloccheck: 10 new errors, 10 gone, 0 as before' out ||
	fail "$(tail -n 1 out)"

# Another build with its files: functions have names.
need_command readelf
build()
{
	mkdir -p "$1"
	$CC -g -O2 -Wl,--build-id=sha1 $2 -o "$1/prog" \
		"$top_srcdir/tests/reports/symbols.c" || fail "no compiler"
	id=$(readelf -n "$1/prog" | sed -n 's/.*Build ID: *//p')
	"$1/prog" | sed "/^record MODULE/a PATH \"$work/$1/prog\"\\
BUILD_ID $id" | "$make_report" >"$1/x.alck" || fail "no report of $1/prog"
}
build before
build after -falign-functions=256
cmp -s before/prog after/prog && fail "the builds are the same"
report --diff before after
expect_status 0
[ "$(cat out)" = "alloccheck: nothing new, 0 gone, 1 as before" ] ||
	fail "built anew: $(cat out)"
build other -Douter=another
report --diff before other
expect_status 99

# Progress, on a terminal alone, and gone at the end.
fleet long 2000 20 40000
cat >terminal.py <<'END'
import os, pty, sys
pid, fd = pty.fork()
if not pid:
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
try:
    while True:
        more = os.read(fd, 65536)
        if not more:
            break
        said += more
except OSError:
    pass
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
"$PYTHON3" terminal.py "$alloccheck" report long >out || fail "on a terminal"
tr '\r' '\n' <out | grep -q 'alloccheck: [a-z ]*: [0-9]* of [0-9]*$' ||
	fail "no progress"
[ "$(tail -c 3 out)" = "$(printf '\033[K')" ] || fail "the line stays"
report long
[ ! -s err ] || fail "progress in a file"
exit 0
