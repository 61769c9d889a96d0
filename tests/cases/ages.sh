#!/bin/sh
# SPDX-License-Identifier: MIT
# age=1: how long ago a block was handed out, in findings, to the program itself,
# of a live process, in a core and in a crash record; and nowhere without it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command jq gdb
own=$plugins/own-malloc.so
preload=$own

# age NAME: what the program was told of that block, in milliseconds.
age()
{
	awk -v name="$1" '$1 == name { print $3 }' out
}

# address NAME
address()
{
	awk -v name="$1" '$1 == name { print $2 }' out
}

# told WHAT: blocks of before the 300 ms are older by most of that; one that
# realloc has returned since is as young as a new one.
told()
{
	[ "$(age young)" -ge 0 ] || fail "$1: no age: $(cat out)"
	for name in old inside freed; do
		[ "$(age $name)" -ge $(($(age young) + 200)) ] ||
			fail "$1: $name is too young: $(cat out)"
	done
	[ "$(age again)" -lt $(($(age young) + 200)) ] ||
		fail "$1: realloc's block is too old: $(cat out)"
}

# finding FIELD: of the T5
finding()
{
	jq -r ".findings[] | select(.code == \"T5\") | $1" findings.json
}

run_alloccheck --age "$programs/ages"
expect_status 99
expect_findings "T5 free~ages_after alloc~ages_before"
told own-malloc
finding .age | grep -Eq '^(0\.[2-9]|[1-9])' || fail "age: $(finding .age)"
"$alloccheck" report "$reports" >text
grep -Eq '^  block .*128 bytes, allocated [0-9.]+ (s|min) before, owned by' \
	text || fail "text: $(cat text)"
grep -Eq 'allocated (0\.[01]|less)' text && fail "too young: $(cat text)"
[ "$(jq .coverage.lost_ages findings.json)" = 0 ] || fail "ages were lost"
"$alloccheck" report --format=html "$reports" >page.html
grep -q 'allocated [0-9.]* s before' page.html || fail "not in the page"

# Other allocators, whose blocks are small and near each other; other levels.
need_jemalloc
want_mimalloc
for preload in "" "$jemalloc" ${mimalloc:+"$mimalloc"}; do
	run_preloaded age=1 "$programs/ages"
	expect_status 0
	told "${preload:-glibc}"
	run_preloaded age=1:level=caller "$programs/ages"
	expect_status 0
	told "${preload:-glibc}, level=caller"
done
# Operators that hand on, and threads: the same results, no finding.
preload=$jemalloc
run_plain "$programs/throws"
cp out plain
run_preloaded age=1 "$programs/throws"
expect_status 0
expect_same plain
expect_findings
need_tcmalloc
preload=
run_preloaded age=1 "$programs/threads" "$tcmalloc" 20000
expect_status 0

# Without it nothing is kept, and level=guard keeps nothing of a block.
preload=$own
for without in age=0 age=1:level=guard; do
	run_preloaded $without "$programs/ages"
	expect_status 0
	for name in old freed again young; do
		[ "$(age $name)" = -1 ] || fail "$without: $(cat out)"
	done
	json
	jq -e '[.findings[].age] == [null]' findings.json >/dev/null ||
		fail "$without: $(jq .findings findings.json)"
done

# From outside, while it runs and when it is a core.
pid=
trap 'status=$?; [ -z "$pid" ] || kill $pid 2>/dev/null; leave $status' EXIT
# start OPTIONS: addresses in out
start()
{
	rm -rf "$reports" out
	mkdir "$reports"
	ALLOCCHECK_OPTIONS=log_path=$reports:$1 \
		LD_PRELOAD=$preload_library:$preload "$programs/ages" look \
		>out 2>err &
	pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -q young out 2>/dev/null && return
		sleep 0.1
	done
	fail "it does not start"
}

# who NAME PATTERN ARGS...: what is said of that block
who()
{
	name=$1
	pattern=$2
	shift 2
	"$alloccheck" report --who="$(address "$name")" "$@" >who ||
		fail "$name: $(cat who)"
	grep -Eq "$pattern" who || fail "$name: not \"$pattern\": $(cat who)"
}
older='(0\.[2-9].|[1-9].*)'
start age=1
who old "; allocated [0-9.]+ s after the start, $older (s|min) ago$" $pid
who inside "; allocated [0-9.]+ s after the start, $older (s|min) ago$" $pid
who freed "; allocated [0-9.]+ s after the start, $older (s|min) ago$" $pid
who again '; allocated (0\.[2-9].|[1-9].*) s after the start, ' $pid
ALLOCCHECK=$alloccheck gdb -q -batch -p $pid \
	-ex "source $top_srcdir/lib/preload/liballoccheck.so-gdb.py" \
	-ex "alloccheck who $(address old)" \
	-ex "generate-core-file core.ages" >gdb.out 2>&1
grep -Eq "$older (s|min) ago" gdb.out || fail "gdb: $(cat gdb.out)"
[ -s core.ages ] || fail "no core"
kill $pid
wait $pid 2>/dev/null
# At least as long as until the last block, at most until the file was written.
who old "; allocated [0-9.]+ s after the start, at least $older (s|min) before the core, at most $older (s|min) by its file's time$" \
	core.ages
who freed ', at least (0\.[2-9].|[1-9].*) s before the core' core.ages
who young '; allocated (0\.[2-9].|[1-9].*) s after the start, at (least|most) ' \
	core.ages
# A file's time that cannot be true is not told.
touch -d '2001-01-01' core.ages
who old "at least $older (s|min) before the core$" core.ages

start age=0
who old '; its age is kept with age=1 alone$' $pid
kill $pid
wait $pid 2>/dev/null
pid=

# In a crash record.
preload=
run_preloaded age=1 "$programs/ages" crash
json
jq -r '.crash.blocks[] | select(.register == "rdi") | .age' findings.json |
	grep -Eq '^(0\.[2-9]|[1-9])' || fail "crash: $(jq .crash.blocks findings.json)"
"$alloccheck" report "$reports" >text
grep -Eq "rdi .* a live block of 1000 bytes .*, allocated $older (s|min) before, owned" \
	text || fail "crash: $(cat text)"

exit 0
