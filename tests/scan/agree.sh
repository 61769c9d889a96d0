#!/bin/sh
# SPDX-License-Identifier: MIT
# What would be bound is what is bound: the scan of a program and that of the
# process that it becomes say the same, and so does that of its core.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_jemalloc
need_tcmalloc
need_tbb
want_mimalloc
plug=$plugins/plug.so

trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

# same LEAST: planned.json and scan.json.
same()
{
	"$PYTHON3" "$top_srcdir/tests/scan/agree.py" planned.json scan.json \
		"$1" >out || fail "$what: they do not agree"
}

# Deep-bound or not, with each allocator in front.
for preload in '' "$jemalloc" "$tcmalloc" $mimalloc "$tbbproxy" \
	"$plugins/own-malloc.so" "$jemalloc:$tcmalloc"; do
	for how in '' :deep; do
		what="$preload $how"
		scan ${preload:+--preload="$preload"} --plugin="$plug$how" \
			"$programs/stay"
		planned=$status
		mv scan.json planned.json
		rm -f ready
		env ${preload:+LD_PRELOAD="$preload"} "$programs/stay" \
			"$plug$how" >ready 2>err &
		pid=$!
		wait_for ready
		scan $pid
		kill -KILL $pid
		[ "$status" = "$planned" ] ||
			fail "$what: status $status, planned $planned"
		same 9
	done
done

# Real programs.
# real LEAST COMMAND...: stays, as long as it is let.
real()
{
	least=$1
	shift
	command -v "$1" >/dev/null || return 0
	what=$1
	scan "$1"
	mv scan.json planned.json
	"$@" >/dev/null 2>&1 </dev/null &
	pid=$!
	sleep 0.3
	scan $pid
	kill -KILL $pid
	same "$least"
}
real 5 sleep 20
real 10 /usr/bin/python3 -c 'import time; time.sleep(20)'
real 20 redis-server --port 0 --unixsocket "$work/s"
real 5 perl -e 'sleep 20'
for preload in "$jemalloc" "$tcmalloc"; do
	LD_PRELOAD=$preload real 10 /usr/bin/python3 -c 'import time
time.sleep(20)'
done
pid=

# A core, where the kernel writes one here.
hard=$(ulimit -H -c)
ulimit -S -c "$hard"
case $hard:$(cat /proc/sys/kernel/core_pattern) in
0:*)
	echo "$test_name: no cores: the hard limit is 0 here" ;;
*:core | *:core.%p)
	for how in '' :deep; do
		rm -f core*
		what="core of stay $how"
		scan --preload="$tcmalloc" --plugin="$plug$how" \
			"$programs/stay"
		planned=$status
		mv scan.json planned.json
		LD_PRELOAD=$tcmalloc "$programs/stay" crash "$plug$how" \
			>/dev/null 2>&1
		[ -f core ] || mv core.* core || fail "no core"
		scan core
		[ "$status" = "$planned" ] ||
			fail "$what: status $status, planned $planned"
		same 9
		grep -q '"kind":"core"' scan.json || fail "no core's scan"
	done
	"$alloccheck" scan -v --stacks core >out 2>err
	grep -q 'main+0x' out || fail "no stack of the core"
	# Cut off, it is told from a whole one, and kills nobody.
	for size in 0 10 64 1000 5000 50000; do
		head -c $size core >cut
		timeout 20 "$alloccheck" scan --stacks cut >out 2>err
		status=$?
		[ $status = 2 ] || [ $status = 0 ] || [ $status = 99 ] ||
			fail "a core cut to $size bytes: status $status"
	done
	;;
*)
	echo "$test_name: no cores: they go elsewhere here" ;;
esac
