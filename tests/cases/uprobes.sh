#!/bin/sh
# SPDX-License-Identifier: MIT
# uprobes (perf probe, bpftrace) beside detours: a probe that is there first stays,
# hits as often as it does alone, and keeps us out of that one entry.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
[ "$(id -u)" = 0 ] || skip "only root can place a uprobe"
unshare -m true 2>/dev/null || skip "no mounts of its own can be had here"
link program -DFOUR "$top_srcdir/tests/programs/linked.c" \
	"$top_srcdir/tests/programs/own-malloc.c" -no-pie
# Where malloc stands in the file; it is not relocated, so that is all.
offset=$("$PYTHON3" - program <<'END'
import subprocess, sys
def lines(*command):
    out = subprocess.run(command + (sys.argv[1],), capture_output=True)
    return (line.split() for line in out.stdout.decode().splitlines())
at = next(int(w[0], 16) for w in lines("nm") if w[-1] == "malloc")
for w in lines("readelf", "-lW"):
    if w[:1] == ["LOAD"]:
        offset, low, size = int(w[1], 16), int(w[2], 16), int(w[4], 16)
        if low <= at < low + size:
            print(hex(at - low + offset))
END
) || fail "no malloc in it"

# A mount of our own, and a probe with a name of its own.
cat >probed <<'END'
tracing=$PWD/tracing
mkdir -p $tracing
mount -t tracefs none $tracing 2>/dev/null &&
	echo "p:alck_$$ $PWD/program:$offset" >>$tracing/uprobe_events || exit 77
trap 'echo 0 >$tracing/events/uprobes/alck_$$/enable
	echo "-:alck_$$" >>$tracing/uprobe_events' EXIT
echo 1 >$tracing/events/uprobes/alck_$$/enable || exit 77
"$@"
status=$?
awk -v name="alck_$$" '$(NF - 1) == name { print "hits", $NF }' \
	$tracing/uprobe_profile
exit $status
END
export offset
run_plain unshare -m sh ./probed ./program work
[ "$status" != 77 ] || skip "the kernel does not let a uprobe be placed"
expect_status 0
grep -q '^hits [1-9][0-9]*$' out || fail "it did not hit: $(cat out)"
mv out plain.out
run_plain unshare -m sh ./probed "$alloccheck" --log-path="$reports" \
	--log-empty=1 ./program work
expect_status 0
expect_same plain.out
expect_findings --unknown=any
expect_provider other static part program
grep -q 'malloc (a breakpoint stands at its beginning)' findings.json ||
	fail "it does not say why"
