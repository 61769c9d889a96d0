#!/bin/sh
# SPDX-License-Identifier: MIT
# The incident that alloccheck was written for, re-enacted (see engine.c):
# without alloccheck it never dies until something wakes ptmalloc, and then, at
# the next forks, in six ways and two directions; under alloccheck it lives in
# each of them, and the report tells the story in the order it happened.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
incident=$top_builddir/tests/incident
engine=$incident/engine
preload=$incident/.libs/window.so:$jemalloc
limit=20
text='free\(\): .*|munmap_chunk\(\): .*|double free or corruption .*'

# A cache of freed blocks in each thread would take the first few without a
# look.
GLIBC_TUNABLES=glibc.malloc.tcache_count=0
export GLIBC_TUNABLES

. "$top_srcdir/tests/incident/readers.sh"
find_reader || skip "nothing on this system reads malloc hooks"
preload=$preload${debug:+:$debug}
hooks=${debug:+hooks}
echo "$test_name: hooks are read by $reader"

# wrong MESSAGE: what is wrong with the last run, and the run.
wrong()
{
	fail "$*
--- to repeat this run:
GLIBC_TUNABLES=$GLIBC_TUNABLES LD_PRELOAD=$preload $run"
}

# The engine ends with status 3 where it cannot have the memory that makes it
# safe to go on: elsewhere in the address space, then.
try()
{
	for attempt in 1 2 3 4 5; do
		"$@"
		[ "$status" = 3 ] || return
	done
	wrong "the engine refuses, $attempt times: $(cat err)"
}

# plain ARGUMENTS...: without alloccheck.
plain()
{
	run="$engine $plugin $hooks $*"
	try run_plain "$engine" "$plugin" $hooks "$@"
}

# checked STORY STATUS [OPTION] -- ARGUMENTS...: with alloccheck.
checked()
{
	story=$1
	expected=$2
	option=
	shift 2
	[ "$1" = -- ] || { option=$1; shift; }
	shift
	run="$alloccheck $option $engine $plugin $hooks $*"
	try run_alloccheck $option "$engine" "$plugin" $hooks "$@"
	[ "$status" = "$expected" ] ||
		wrong "exit status is $status, not $expected"
	json
	"$PYTHON3" "$top_srcdir/tests/incident/story.py" findings.json \
		"$story" "$reader" >findings.txt ||
		wrong "it is not the story $story"
	[ "$expected" = 134 ] || grep -qx 'engine: done' out ||
		wrong "the engine did not come to its end"
	! grep -Ex "$text" err || wrong "ptmalloc saw a block"
}

# lives ARGUMENTS...
lives()
{
	plain "$@"
	[ "$status" = 0 ] && grep -qx 'engine: done' out ||
		wrong "without alloccheck it dies: $status"
}

# dies STATUS TEXT ARGUMENTS...
dies()
{
	expected=$1
	message=$2
	shift 2
	plain "$@"
	[ "$status" = "$expected" ] ||
		wrong "without alloccheck it must die: $expected, not $status"
	[ "$(grep -Ex "$text" err | sort -u)" = "$message" ] ||
		wrong "without alloccheck it must die of \"$message\""
}

# hangs ARGUMENTS...: threads wait for ever, for a lock in an aligned page.
# Whether they do is read where this user may.
hang_once()
{
	env LD_PRELOAD="$preload" "$engine" "$plugin" $hooks "$@" >out 2>err &
	pid=$!
	waiting=0
	readable=
	for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.1
		[ "$waiting" = 0 ] || continue
		readable=$readable$(cat /proc/$pid/syscall 2>/dev/null)
		waiting=$(cat /proc/$pid/task/*/syscall 2>/dev/null |
			grep -c '^202 0x[0-9a-f]*000 0x80 0x2 ')
	done
	kill -KILL $pid 2>/dev/null
	status=0
	{ wait $pid || status=$?; } 2>/dev/null
}

hangs()
{
	run="timeout 2 $engine $plugin $hooks $*"
	try hang_once "$@"
	[ "$status" = 137 ] ||
		wrong "without alloccheck it must hang: $status"
	[ -z "$readable" ] || [ "$waiting" -gt 0 ] ||
		wrong "no thread waits for the lock"
}

# Without alloccheck.
for word in 0 0x4141414141414141 0x44; do
	lives fork word=$word
	lives trim word=$word
done
dies 134 'free(): invalid pointer' trim fork word=0
dies 134 'double free or corruption (out)' trim fork word=0x4141414141414141
dies 134 'munmap_chunk(): invalid pointer' trim fork word=0x42
dies 134 'double free or corruption (!prev)' trim fork word=0x6261
dies 134 'free(): invalid next size (fast)' trim fork word=0x31
hangs trim fork word=0x44
lives reverse fork
dies 139 '' reverse trim fork

# With it.
checked quiet 0 -- fork
checked twin 0 -- trim
for word in 0 0x4141414141414141 0x42 0x6261 0x31 0x44; do
	checked window 99 -- trim fork word=$word
done
checked reverse 99 -- reverse trim fork
for word in 0 0x44; do
	checked abort 134 --on-error=abort -- trim fork word=$word
done
