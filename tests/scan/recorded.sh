#!/bin/sh
# SPDX-License-Identifier: MIT
# What the preload library recorded in a process, and what a scan of it says
# from outside, agree: allocators, and who called whose free and malloc.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_foreign
need_tcmalloc
linger=$plugins/linger.so
plug=$plugins/plug.so

trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

# compare FINDINGS COMMAND...: runs it with $preload under alloccheck; scans it
# when it is done, before it ends.
compare()
{
	findings=$1
	shift
	what="$preload $*"
	rm -rf "$reports"
	mkdir "$reports"
	timeout -k 5 "$limit" env \
		ALLOCCHECK_OPTIONS=summary=0:log_path="$reports" \
		LD_PRELOAD="$preload_library${preload:+:$preload}:$linger" \
		"$@" >out 2>err </dev/null &
	waiter=$!
	stopped=
	for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 \
		23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do
		sleep 0.05
		pid=$(child_of $waiter)
		[ "$pid" ] || continue
		case $(sed 's/.*) //' /proc/$pid/stat 2>/dev/null) in
		[Tt]*) stopped=yes; break ;;
		esac
		[ "$tenth" -lt 20 ] || sleep 0.3
	done
	[ "$stopped" ] || fail "$what: it did not come to its end"
	scan "$pid"
	kill -CONT $pid
	wait $waiter
	pid=
	json 2>/dev/null
	"$PYTHON3" "$top_srcdir/tests/scan/recorded.py" scan.json \
		findings.json "$findings" >findings.txt ||
		fail "$what: they do not agree"
}

preload=$foreign
for crossing in cross pointer back realloc strdup getline; do
	compare 1 "$programs/engine" $crossing "$plug" deep
done
compare 0 "$programs/engine" own "$plug" deep
compare 0 "$programs/throws"
preload=$tcmalloc
compare 1 "$programs/engine" strdup "$plug" deep
compare 0 "$programs/engine" cross "$plug"
compare 0 "$programs/threads"
preload=$plugins/own-malloc.so
compare 1 "$programs/mixes" pvalloc
preload=
compare 1 "$programs/mixes" namespace "$plug"
compare 0 "$programs/citizen"
# Real programs, of which nothing is known before.
for preload in "$foreign" "$tcmalloc"; do
	compare 0 /usr/bin/python3 -c 'import json, readline'
	compare 0 perl -e 'print 1'
done
