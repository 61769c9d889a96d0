#!/bin/sh
# SPDX-License-Identifier: MIT
# Processes that are not like others: each is looked at, or it is said why not,
# and none is left in another state than it was in.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_jemalloc
need_command gdb
je=$(basename "$(readlink -f "$jemalloc")")

pid= stopped=
trap 'status=$?; [ -z "$pid$stopped" ] || kill -KILL $pid $stopped 2>/dev/null
leave $status' EXIT

# stay COMMAND...: a process that says "ready" and stays, in $pid.
stay()
{
	rm -f ready
	"$@" >ready 2>stay.err &
	pid=$!
	wait_for ready
}
leave_it()
{
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	pid=
}
# says STATUS SENTENCE: that is all that the last scan said.
says()
{
	expect_status "$1"
	[ "$(wc -l <err)" = 1 ] && grep -q "$2" err || fail "$2: $(cat err)"
}

cat >waits.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int NAME(void) { return pause(); }
int main(void)
{
	free(malloc(10));
	puts("ready");
	fflush(stdout);
	for (;;)
		NAME();
}
END
$CC -O0 -Wl,--build-id -DNAME=waits_here -o waits waits.c || fail "waits"

# ld.so was run, and told to run the program.
loader=$(sed -n 's/.* \(\/[^ ]*ld-linux-x86-64.so.2\).*/\1/p;s/.* \(\/[^ ]*\/ld-2[^ ]*\.so\)$/\1/p' \
	/proc/self/maps | head -n 1)
stay env LD_PRELOAD="$jemalloc" "$loader" ./waits
scan $pid
expect 0 waits:malloc="$je" waits:free="$je" .static=False
leave_it

# Static ones; one that may lie anywhere has a list of objects of its own.
for how in -static -static-pie; do
	$CC -O0 $how -Wl,--build-id -DNAME=waits_here -o static waits.c ||
		fail "$how"
	stay ./static
	scan $pid
	expect 0 .static=True "T3 severity=info object=static text~ptmalloc"
	"$alloccheck" scan -v --stacks $pid >out 2>err
	grep -q 'waits_here+0x.* (static)' out || fail "$how: no stack"
	leave_it
	scan ./static
	expect 0 .static=True "T3 severity=info object=static text~ptmalloc"
done

# Of other machines.
cat >small.s <<'END'
	.globl _start
_start:	mov $29, %eax
	int $0x80
	jmp _start
END
as --32 -o small.o small.s && ld -m elf_i386 -o small small.o ||
	fail "no 32-bit program"
scan ./small
says 2 './small: it is built for i386, and only'
./small 2>err &
pid=$!
sleep 0.2
# A kernel may have no support for it.
if [ "$(readlink /proc/$pid/exe)" = "$work/small" ]; then
	for option in --verbose --memory --stacks; do
		scan $option $pid
		says 2 "process $pid: its program is built for i386, and only"
	done
fi
leave_it
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000\001\000\000\000' \
	>arm
head -c 200 /dev/zero >>arm
chmod +x arm
scan ./arm
says 2 './arm: it is built for aarch64, and only'

# Without memory: a kernel's thread, and one that has ended and waits to be asked.
if [ "$(cut -d' ' -f2 /proc/2/stat 2>/dev/null)" = "(kthreadd)" ]; then
	scan --stacks -v 2
	says 2 'process 2: it has no memory of its own'
fi
rm ready
"$PYTHON3" -c '
import os, time
child = os.fork()
if not child:
    os._exit(0)
time.sleep(0.2)
print(child, flush=True)
time.sleep(60)' >ready &
pid=$!
wait_for ready
scan --stacks -v "$(cat ready)"
says 2 "process $(cat ready): it has no memory of its own"
leave_it

# Stopped, and traced: it stays so.
stay ./waits
state()
{
	sed -n 's/^State:.\(.\).*/\1/p' /proc/$pid/status
}
kill -STOP $pid
until [ "$(state)" = T ]; do sleep 0.05; done
"$alloccheck" scan -v --stacks $pid >out 2>err || fail "stopped: $?"
grep -q 'waits_here+0x.* (waits)' out || fail "stopped: no stack"
[ "$(state)" = T ] || fail "it was stopped and is $(state)"
kill -CONT $pid
until [ "$(state)" = S ]; do sleep 0.05; done
"$alloccheck" scan -v --stacks $pid >out 2>err || fail "after it: $?"
[ "$(state)" = S ] || fail "it was asleep and is $(state)"
gdb -q -batch -p $pid -ex "shell '$alloccheck' scan -v --stacks $pid \
>'$work/out' 2>'$work/err'; echo \$? >'$work/traced'" >gdb.out 2>&1
[ "$(cat traced)" = 0 ] || fail "traced: $(cat traced)"
grep -q 'no stacks: process [0-9]* traces it already' err ||
	fail "traced: $(cat err)"
grep -q '^Threads: 1' out || fail "traced: and nothing else is shown"
leave_it

# It begins one program after the other while it is looked at.
cat >again.c <<'END'
#include <unistd.h>
int main(void) { return execl("/proc/self/exe", "again", (char *)NULL); }
END
$CC -o again again.c || fail "again"
./again &
pid=$!
for tenth in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(readlink /proc/$pid/exe)" = "$work/again" ] && break
	sleep 0.1
done
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12; do
	scan --stacks -v $pid
	case $status in
	0) grep -q '"program":"[^"]*/again"' scan.json || fail "another program" ;;
	2)
		grep -q 'begun another program\|cannot be told\|cannot be read\|no mem' \
			err || fail "begun: $(cat err)"
		;;
	*) fail "begun: status $status" ;;
	esac
done
leave_it
# Whoever watches goes on with the next one, and ends with it.
cat >next.sh <<'END'
sleep 0.5
exec "$1" -c 'import time; time.sleep(0.7)'
END
sh ./next.sh "$PYTHON3" &
timeout 20 "$alloccheck" scan --watch=0.1 $! >out 2>err
[ $? = 0 ] || fail "--watch: $(cat err)"
grep -q '^- object .*sh$' out && grep -q '^+ object .*python3' out ||
	fail "--watch does not show the next program"

# With another file system: its files are read, and not those at the same path
# here.
need_command unshare
unshare="unshare -m"
grep -q ' shared:' /proc/self/mountinfo ||
	unshare="unshare -m --propagation unchanged"
if $unshare true 2>err; then
	cat >inside.c <<'END'
#include <stdlib.h>
__attribute__((visibility("hidden"))) void *_rjem_mallocx(size_t n, int f)
{
	return f ? NULL : malloc(n);
}
__attribute__((visibility("hidden"))) int _rjem_mallctl(void) { return 0; }
END
	$CC -O0 -Wl,--build-id -DNAME=waits_inside -o inside waits.c inside.c ||
		fail "inside"
	stay $unshare sh -c \
		"mount --bind '$work/inside' '$work/waits' && exec '$work/waits'"
	scan $pid
	expect 0 "T3 severity=latent object=waits text~jemalloc.*_rjem_"
	"$alloccheck" scan -v --stacks $pid >out 2>err
	grep -q 'waits_inside+0x.* (waits)' out || fail "another root: $(cat out)"
	leave_it
	# A file that is gone, or another one by now, names nothing wrongly.
	stay ./waits
	cp inside new
	mv new waits
	scan $pid
	expect 0
	"$alloccheck" scan -v --stacks $pid >out 2>err
	! grep -q 'waits_inside' out || fail "another file by now: $(cat out)"
	grep -q '#.* waits_here+0x.* (waits' out || fail "no stack: $(cat out)"
	leave_it
else
	echo "$test_name: no mount namespace: $(cat err)"
fi
