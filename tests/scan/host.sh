#!/bin/sh
# SPDX-License-Identifier: MIT
# The machine: this one, and one that is written down here.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"

# This one: whatever it is, it says so.
"$alloccheck" scan --host --count=0.1 $$ >out 2>err ||
	fail "scan --host: status $?"
[ -s err ] && fail "it complains"
for line in machine 'split locks' logged counted processors; do
	grep -q "^  $line  *[^ ]" out || fail "no $line"
done
grep -q "process $$ was started" out || fail "nothing of process $$"
"$alloccheck" scan --host --format=json >host.json || fail "json: status $?"
"$PYTHON3" -c '
import json, os
host = json.load(open("host.json"))
assert host["schema"] == "alloccheck-host/1"
assert host["kernel"] == os.uname().release, host["kernel"]
online = os.sysconf("SC_NPROCESSORS_ONLN")
assert host["online"]["count"] in (0, online), host["online"]' ||
	fail "json: not as expected"

# Another one, whose kernel has seen split locks, and that has grown.
mkdir -p root/proc/sys/kernel root/proc/77 root/sys/devices/system/cpu root/dev
cat >root/proc/cpuinfo <<'END'
processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 143
model name	: Intel(R) Xeon(R) Platinum 8480C
flags		: fpu vme split_lock_detect bus_lock_detect

processor	: 1
vendor_id	: GenuineIntel
END
echo 'root=/dev/vda split_lock_detect=warn quiet' >root/proc/cmdline
echo 6.1.0-test >root/proc/sys/kernel/osrelease
echo 0 >root/proc/sys/kernel/split_lock_mitigate
echo 0-7 >root/sys/devices/system/cpu/possible
echo 0-2 >root/sys/devices/system/cpu/present
echo 0,2 >root/sys/devices/system/cpu/online
cat >root/dev/kmsg <<'END'
6,1,100000,-;x86/split lock detection: #AC: crashing the kernel on kernel split_locks and warning on user-space split_locks
4,2,9000000,-;x86/split lock detection: #AC: engine/4711 took a split_lock trap at address: 0x401231
4,3,9500000,-;x86/split lock detection: #DB: engine/4712 took a bus_lock trap at address: 0x4011f5
6,4,12000000,-;smpboot: Booting Node 0 Processor 2 APIC 0x2
END
# Started 10 s after the machine, and after 13 s.
tick=$(getconf CLK_TCK)
mkdir root/proc/78
for start in 77:10 78:13; do
	echo "${start%:*} (a ) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 $((${start#*:} * tick)) 0 0" \
		>root/proc/${start%:*}/stat
done
"$alloccheck" scan --host --root=root 77 >out 2>err || fail "status $?"
has()
{
	grep -qF "$1" out || fail "not said: $1"
}
has 'Intel(R) Xeon(R) Platinum 8480C (GenuineIntel, family 6, model 143), Linux 6.1.0-test, under no hypervisor'
has 'the kernel notices split locks (split_lock_detect and bus_lock_detect, split_lock_detect=warn)'
has 'sq_misc.bus_lock (r102c)'
has 'crashing the kernel on kernel split_locks'
has '2 so far; the last 9.500 s after the start'
has 'engine/4712 took a bus_lock trap'
has '2 online (0,2), 3 present (0-2), 8 possible (0-7)'
has 'processor 2 came 12.000 s after the start'
has 'more may be added while programs run'
has 'processor 2 came 2.0 s after process 77 was started'
"$alloccheck" scan --host --root=root 78 >out 2>err || fail "status $?"
has 'none has come since process 78 was started'

# Nothing at all can be read: nothing is made up.
mkdir empty
"$alloccheck" scan --host --root=empty 1 >out 2>err || fail "status $?"
has 'an unknown processor, Linux of unknown release'
has 'whether this machine notices split locks is not known'
has "the kernel's log cannot be read"
has 'when it was started cannot be read'

# Processors that an allocator with a cache for each does not know of: one that
# counts them as Google's does, and says so or not.
"$programs/make-family" google-tcmalloc >google.c || fail "no family"
cp google.c counts.c
cat >>counts.c <<'END'
struct { int n; char is_set; } result __asm__(
	"_ZZN8tcmalloc17tcmalloc_internal12NumCPUsMaybeEvE6result") = {4, 1};
END
sed 's/{4, 1}/{4, 0}/' counts.c >unset.c
for name in google counts unset; do
	$CC -w -O1 -fPIC -shared -fno-builtin -Wl,--build-id -o $name.so \
		$name.c || fail "$name"
done
# grown ONLINE POSSIBLE: what the kernel says.
grown()
{
	mkdir -p root/sys/devices/system/cpu
	echo "$1" >root/sys/devices/system/cpu/online
	echo "$2" >root/sys/devices/system/cpu/possible
}
# look LIBRARY: a process that has it, in $pid.
look()
{
	rm -f ready
	LD_PRELOAD=$work/$1.so "$programs/stay" >ready 2>err &
	pid=$!
	wait_for ready
}
trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

look counts
grown 0-3 0-3
scan --root=root $pid
! grep -q 'at its start' scan.json || fail "it knows all processors"
grown 0-3 0-7
scan --root=root $pid
expect 0 "note severity=latent object=counts.so \
text~counted.4.processors.*number.7.may.be.added"
# The third of three may have number 4.
grown 0-1,4 0-7
scan --root=root $pid
expect 99 "note severity=error object=counts.so \
text~counted.4.processors.*processor.4.is.online"
scan --root="$work/empty" $pid
! grep -q 'at its start' scan.json || fail "nothing can be read"
kill -KILL $pid
for one in unset google; do
	look $one
	scan --root=root $pid
	expect 0 "note severity=info object=$one.so \
text~number.4.is.the.highest.online,.and.number.7.may.*cannot.be.read"
	kill -KILL $pid
done
scan --root=root --preload="$work/google.so" "$programs/stay"
expect 0 "note severity=info object=google.so text~cache.for.each"
# jemalloc has one only where it was asked for: Debian's, which does not tell how
# many it counted, and one in the program, which does.
need_jemalloc
je=$(basename "$(readlink -f "$jemalloc")")
$CC -D_GNU_SOURCE -o linked "$top_srcdir/tests/programs/stay.c" \
	-I"$top_srcdir/tests/programs" -I"$top_srcdir/lib" -Wl,--no-as-needed \
	-l:libjemalloc.a -lm -ldl -lpthread -lstdc++ 2>err || fail "linked"
# with CONF PROGRAM [PRELOAD]: such a process, in $pid.
with()
{
	rm -f ready
	MALLOC_CONF=$1 LD_PRELOAD=${3-} "$2" >ready 2>err &
	pid=$!
	wait_for ready
}
for conf in '' percpu_arena:disabled abort:false; do
	with "$conf" "$programs/stay" "$jemalloc"
	scan --root=root $pid
	! grep -q 'for each processor' scan.json || fail "MALLOC_CONF=$conf"
	kill -KILL $pid
done
for conf in percpu_arena:percpu narenas:8,percpu_arena:phycpu; do
	with "$conf" "$programs/stay" "$jemalloc"
	scan --root=root $pid
	grep -q "\"text\":\"jemalloc [^ ]* ($je) has a cache for each proc[^\"]*\
number 7 may be added; how many it counted" scan.json ||
		fail "MALLOC_CONF=$conf: not told"
	kill -KILL $pid
	with "$conf" "$work/linked"
	scan --root=root $pid
	here=$(nproc)
	[ "$here" -ge 4 ] || grep -q "counted $here processors at its start\
, and by now processor 4 is online: a thread that allocates" scan.json ||
		fail "MALLOC_CONF=$conf: its count is not told"
	expect_status 0
	grown 0-$((here - 1)) 0-$((here - 1))
	scan --root=root $pid
	! grep -q 'at its start' scan.json || fail "it knows all processors"
	grown 0-1,4 0-7
	kill -KILL $pid
done
# libc's has none.
rm -f ready
"$programs/stay" >ready 2>err &
pid=$!
wait_for ready
scan --root=root $pid
expect 0
