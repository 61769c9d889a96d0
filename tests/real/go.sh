#!/bin/sh
# SPDX-License-Identifier: MIT
# A program in Go, with C in it: a runtime with stacks, signals and memory of its
# own.  And what a scan says of it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command gron

"$PYTHON3" -c '
import json
print(json.dumps([{"name": "n%d" % i, "list": list(range(i % 40)),
                   "text": "z" * (i % 300)} for i in range(3000)]))' >big.json
input="$work/big.json"
GOGC=25 # collect four times as often
export GOGC
unchanged : gron "$input"
unchanged : gron --no-such-option "$input"
unchanged : gron "$work/nothing"
# What of it takes 100 MB to put together again; all would take 2 GB.
gron "$input" >back.txt
awk -F '[][]' '$2 !~ /^[0-9]/ || $2 < 600' back.txt >part.txt
unchanged : gron --ungron "$work/part.txt"
for level in guard caller; do
	run_alloccheck --level=$level --log-empty=1 --summary=0 gron "$input"
	expect_status 0
	mv back.txt plain.out
	expect_same plain.out
	mv plain.out back.txt
	expect_findings
done

# Its handlers and alternate stacks are its runtime's: SIGQUIT makes it tell its
# goroutines, and it ends with status 2.
mkfifo input
for with in '' "$alloccheck --log-empty=1 --summary=0 --log-path=$reports"; do
	rm -rf "$reports"
	mkdir "$reports"
	$with gron - <input >out 2>err &
	pid=$!
	exec 3>input
	go=
	for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		go=$(grep -l "^gron$" /proc/[0-9]*/comm 2>/dev/null |
			sed 's/[^0-9]//g' | while read -r one; do
			grep -q " $pid \| $$ " /proc/$one/stat && echo $one
		done)
		[ "$go" ] && break
		sleep 0.1
	done
	[ "$go" ] || fail "no gron"
	sleep 0.3
	"$alloccheck" scan --format=json $go >scan.json || fail "scan: $?"
	grep -q '"text":"gron is written in Go"' scan.json ||
		fail "that it is Go is not said"
	kill -QUIT $go
	wait $pid
	status=$?
	exec 3>&-
	expect_status 2
	grep -q '^SIGQUIT: quit' err && grep -q '^goroutine ' err ||
		fail "no goroutines"
done
"$alloccheck" scan --format=json "$(command -v gron)" >scan.json ||
	fail "scan of the file: $?"
grep -q '"text":"gron is written in Go"' scan.json ||
	fail "the file: that it is Go is not said"
