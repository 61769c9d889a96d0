#!/bin/sh
# SPDX-License-Identifier: MIT
# What a process has bound, its hooks, and what its threads wait for, without
# stopping it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_jemalloc
need_tcmalloc
libc=libc.so.6
plug=$plugins/plug.so
tc=$(basename "$(readlink -f "$tcmalloc")")
je=$(basename "$(readlink -f "$jemalloc")")
libc_file=$(basename "$(readlink -f "$(library libc.so.6)")")

# stay [ARGUMENTS...]: a process that stays, in $pid.
stay()
{
	rm -f ready
	env ${preload:+LD_PRELOAD="$preload"} "$programs/stay" "$@" \
		>ready 2>err &
	pid=$!
	stayed="${stayed-} $pid"
	wait_for ready
}

leave_none()
{
	[ -z "${stayed-}" ] || kill -KILL $stayed 2>/dev/null
	stayed=
}
trap 'status=$?; leave_none; leave $status' EXIT

stay "$plug:deep"
scan $pid
expect 0 plug.so:free="$libc_file" stay:malloc="$libc_file" .kind=process \
	.ptmalloc=awake
leave_none

preload=$tcmalloc
stay "$plug:deep"
scan $pid
expect 99 "T1b severity=error object=plug.so text~free,.malloc.and.realloc" \
	plug.so:free="$libc_file" plug.so:malloc="$libc_file" \
	stay:free="$tc" "$libc_file:malloc=$tc"
leave_none
stay "$plug"
scan $pid
expect 0 plug.so:free="$tc" plug.so:malloc="$tc" stay:free="$tc" \
	.ptmalloc=asleep
leave_none
# Bound at the first call: where that will lead.
stay "$plug:lazy"
scan $pid
expect 0 plug.so:realloc="$tc"
"$PYTHON3" - <<'END' || fail "a lazy slot is not shown as such"
import json
scan = json.load(open("scan.json"))
plug = [o for o in scan["objects"] if o["path"].endswith("/plug.so")][0]
hows = {b["name"]: b["how"] for b in plug["bindings"]}
# The constructor has called malloc; the data's pointer is never lazy.
assert hows["realloc"] == "lazy" and hows["malloc"] == "slot" and \
    hows["free"] == "slot", hows
END
leave_none

# Hooks, where this libc reads them.
preload=$jemalloc
stay "$plug:deep"
scan $pid
if "$top_builddir/tests/incident/hooks-live"; then
	expect 0 "T12 severity=latent object=plug.so why~__free_hook" \
		plug.so:free="$libc_file"
	grep -q '"name":"__free_hook"[^}]*"entry":"free"' scan.json ||
		fail "the hook is not shown"
	# As it is while some thread forks, in a libc that swaps hooks then.
	for change in empty:is.empty libc:leads.into.libc.itself; do
		leave_none
		stay hook:${change%%:*} "$plug:deep"
		scan $pid
		expect 99 "T13 severity=error text~__free_hook,.*${change#*:}" \
			"T1b object=plug.so"
	done
else
	expect 99 "T1b object=plug.so" plug.so:free="$libc_file" \
		stay:free="$je"
	grep -q '"hooks":\[\]' scan.json || fail "hooks that nobody reads"
fi
leave_none

# A second namespace, with a libc of its own.
preload=
stay "$plug:new"
scan $pid
expect 0 "T11 severity=latent object=$libc_file" stay:free="$libc_file"
"$PYTHON3" - <<'END' || fail "the plugin is not in a namespace of its own"
import json
scan = json.load(open("scan.json"))
plug = [o for o in scan["objects"] if o["path"].endswith("/plug.so")][0]
free = [b for b in plug["bindings"] if b["name"] == "free"][0]
assert plug["namespace"] == 1
assert scan["objects"][free["owner"]]["namespace"] == 1
END
leave_none

# The same, seen through alloccheck's thunks.
rm -f ready
LD_PRELOAD=$tcmalloc "$alloccheck" --log-path="$reports" -q \
	"$programs/stay" "$plug:deep" >ready 2>err &
launcher=$!
wait_for ready
pid=$(child_of $launcher)
scan $pid
status_seen=$status
kill $pid
wait $launcher 2>/dev/null
status=$status_seen
expect 99 "T1b object=plug.so" plug.so:free="$libc_file" stay:free="$tc" \
	plug.so:malloc="$libc_file"
grep -q '"through_alloccheck":true' scan.json || fail "no thunks were met"

# Threads that wait for what is no lock.
rm -f ready
"$programs/odd-lock" split misaligned fine unmapped >ready 2>err &
stayed=$!
pid=$!
wait_for ready
for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ "$(wc -l <ready)" = 4 ] && break
	sleep 0.1
done
# On a busy machine a thread may have had no turn while it was sampled.
for attempt in 1 2 3 4 5; do
	scan $pid
	[ "$(grep -o 'waits on futex' scan.json | wc -l)" -lt 3 ] || break
done
if grep -q '"sampled":true' scan.json; then
	set --
	while read -r tid kind address; do
		case $kind in
		split) text=crosses.a.64-byte.line ;;
		misaligned) text=is.not.aligned ;;
		unmapped) text=lies.in.no.mapping ;;
		fine) continue ;;
		esac
		set -- "$@" "note severity=error \
text~thread.$tid.*futex.$address:.$text"
	done <ready
	[ $# = 3 ] || fail "no three odd locks"
	expect 99 "$@"
	"$alloccheck" scan --stacks $pid >out 2>err
	[ $? = 99 ] || fail "--stacks: another status"
	grep -q 'odd_lock_try' out || fail "--stacks shows no stack"
	grep -q 'a thread was stopped for [0-9]* us at most' out ||
		fail "how long it was stopped is not said"
else
	echo "$test_name: running threads cannot be sampled here"
	"$alloccheck" scan $pid >out 2>err
	grep -q 'could not be sampled' out || fail "and it is not said"
fi
grep -q '"lock":"fine"' scan.json || fail "the lock that is one"
leave_none

# Many of them are all sampled.
rm -f ready
many=
for one in 1 2 3 4 5 6 7 8 9 10 11 12; do
	many="$many split misaligned unmapped"
done
"$programs/odd-lock" $many >ready 2>err &
stayed=$!
pid=$!
wait_for ready
for attempt in 1 2 3 4 5; do
	scan $pid
	found=$(grep -o 'waits on futex' scan.json | wc -l)
	[ "$found" -le 32 ] || break
done
if grep -q '"sampled":true' scan.json; then
	[ "$found" -gt 32 ] || fail "of 36 threads $found were sampled"
	grep -q '"not_sampled":0' scan.json || fail "some were not sampled"
fi
leave_none

# The same from a recorded /proc.
stay
mkdir -p proc/$pid/task/4711 proc/$pid/task/4712 proc/$pid/task/4713
for tid in 4711 4712 4713; do
	echo "$tid (a (b) c) R 1 2 3" >proc/$pid/task/$tid/stat
done
echo '202 0xffffffff 0x80 0x2 0x0 0x0 0x0 0x7ffc0 0x7f0001' \
	>proc/$pid/task/4711/syscall
echo '202 0x1000 0x0 0x2 0x0 0x0 0x0 0x7ffc0 0x7f0001' \
	>proc/$pid/task/4712/syscall
echo '1 0xffffffff 0x80 0x2 0x0 0x0 0x0 0x7ffc0 0x7f0001' \
	>proc/$pid/task/4713/syscall
scan --proc="$work/proc" $pid
expect 99 "note severity=error \
text~thread.4711..a..b..c..waits.on.futex.0xffffffff:.crosses.a.64-byte.line" \
	"note severity=error text~thread.4712.*0x1000:.lies.in.no.mapping"

# For its stack it is stopped for a moment only, which a busy machine may spoil.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
	"$alloccheck" scan -v --stacks $pid >out 2>err
	us=$(sed -n '1s/.*was stopped for \([0-9]*\) us.*/\1/p' out)
	[ "${us:-1000}" -ge 1000 ] || break
done
[ "${us:-1000}" -lt 1000 ] || fail "it was stopped for $us us"
grep -q 'main+0x' out || fail "no stack"

# Nothing of it is stopped or changed.
before=$(cut -d' ' -f10,12 /proc/$pid/stat)
for i in 1 2 3; do
	scan $pid
	expect 0
done
[ "$(cut -d' ' -f10,12 /proc/$pid/stat)" = "$before" ] ||
	fail "the process did something because of the scan"

# Who may not look is told what is missing.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	setpriv --reuid=65534 --regid=65534 --clear-groups "$alloccheck" scan \
		$pid >out 2>err
	status=$?
	[ $status = 126 ] || [ $status = 127 ] || {
		[ $status = 2 ] || fail "without the right: status $status"
		[ "$(wc -l <err)" = 1 ] && grep -q 'right to trace' err ||
			fail "without the right: $(cat err)"
	}
fi
leave_none
scan 4194304
expect_status 2
grep -q 'process 4194304: there is none' err || fail "no such process"

# What changes while it is watched.
cat >loader.py <<'END'
import ctypes, sys, time
time.sleep(0.6)
ctypes.CDLL(sys.argv[1])
time.sleep(0.6)
END
"$PYTHON3" loader.py "$plug" &
stayed=$!
timeout 20 "$alloccheck" scan --watch=0.1 $! >out 2>err
[ $? = 0 ] || fail "--watch"
grep -q '^+ object .*/plug.so$' out && grep -q "^+ plug.so's free leads to" out ||
	fail "--watch did not see what came"

# A thread that cannot be stopped, as the kernel has it wait for a vfork's child,
# is not stopped when it wakes.
cat >asleep.c <<'END'
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>
int main(void)
{
	struct timespec t = {1, 500000000};

	if (!vfork()) {
		nanosleep(&t, NULL);
		_exit(0);
	}
	for (;;)
		nanosleep(&t, NULL);
}
END
$CC -o asleep asleep.c || fail "asleep"
./asleep &
asleep=$!
until grep -q '^State:.D' /proc/$asleep/status; do sleep 0.05; done
timeout 20 "$alloccheck" scan -v --stacks --watch=10 $asleep >out 2>err &
watcher=$!
until grep -q '^State:.[^D]' /proc/$asleep/status; do sleep 0.05; done
sleep 0.3
state=$(sed -n 's/^State:.\(.\).*/\1/p' /proc/$asleep/status)
kill -KILL $asleep $watcher
[ "$state" = S ] || fail "it was left in state $state"
