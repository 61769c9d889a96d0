#!/bin/sh
# SPDX-License-Identifier: MIT
# A processor that comes while programs run: one is taken from this machine for
# less than a second and given back.  Not part of make check: see
# make check-offline.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_jemalloc
cpu=/sys/devices/system/cpu
last=$(sed 's/.*[-,]//' $cpu/online)
[ -w "$cpu/cpu$last/online" ] || skip "no processor can be taken away here"

pids=
trap 'status=$?; echo 1 >$cpu/cpu$last/online; [ -z "$pids" ] ||
	kill -KILL $pids 2>/dev/null; leave $status' EXIT
$CC -D_GNU_SOURCE -o linked "$top_srcdir/tests/programs/stay.c" \
	-I"$top_srcdir/tests/programs" -I"$top_srcdir/lib" -Wl,--no-as-needed \
	-l:libjemalloc.a -lm -ldl -lpthread -lstdc++ 2>err || fail "linked"
cat >moves.c <<'END'
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
static void *moved(void *set)
{
	if (!sched_setaffinity(0, sizeof(cpu_set_t), set))
		free(malloc(10));
	return NULL;
}
int main(int argc, char **argv)
{
	cpu_set_t set;
	pthread_t thread;

	puts("ready");
	fflush(stdout);
	getchar();
	CPU_ZERO(&set);
	CPU_SET(strtoul(argv[argc - 1], NULL, 10), &set);
	return pthread_create(&thread, NULL, moved, &set) ||
	       pthread_join(thread, NULL);
}
END
$CC -o moves moves.c -pthread || fail "moves"
mkfifo go

{ echo 0 >$cpu/cpu$last/online; } 2>/dev/null ||
	skip "the kernel does not let a processor go"
MALLOC_CONF=narenas:2,percpu_arena:percpu ./linked >ready 2>err &
pid=$!
LD_PRELOAD=$jemalloc "$alloccheck" -q --log-empty=1 \
	--log-path="$reports" ./moves "$last" \
	<go >moved 2>moves.err &
launcher=$!
pids="$pid $launcher"
exec 3>go
wait_for ready
wait_for moved
echo 1 >$cpu/cpu$last/online

count=$(nproc)
scan $pid
expect 0 "note severity=info object=linked \
text~counted.$((count - 1)).processors.at.its.start,.and.by.now.processor.$last.is"
"$alloccheck" scan --host $pid >out 2>err || fail "--host: $?"
if grep -q "logged .*log cannot be read" out; then
	echo "$test_name: the kernel's log cannot be read here"
else
	grep -q "processor $last came [0-9.]* s after process $pid" out ||
		fail "that it came is not told"
fi
echo >&3
wait $launcher
json
grep -q '"kind":"cpus","text":"CPU '"$last"' came while the process ran' \
	findings.json || fail "no event in the timeline"
