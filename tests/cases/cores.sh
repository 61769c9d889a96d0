#!/bin/sh
# SPDX-License-Identifier: MIT
# A live process and a core give what a report would hold, and tell whose a block
# is; in gdb as well.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command jq gdb
preload=$plugins/own-malloc.so

# who WHAT ARGS...: what is said of the three blocks, of WHAT.
who()
{
	from=$1
	shift
	"$alloccheck" report --who="$live" "$@" >who 2>&1 ||
		fail "$from: $(cat who)"
	grep -q "^$live a live block of 64 bytes at $live, owned by an alloc" \
		who || fail "$from: $(cat who)"
	grep -q 'holds_fill at holds.c' who || fail "$from: no stack: $(cat who)"
	"$alloccheck" report --who="$freed" "$@" >who
	grep -q "^$freed a freed block of 100 bytes" who ||
		fail "$from: $(cat who)"
	grep -q 'freed by free in thread 1' who &&
		grep -q 'holds_free at holds.c' who || fail "$from: $(cat who)"
	"$alloccheck" report --who="$large" "$@" >who
	grep -q "^$large a live block of 3000000 bytes at 0x.*, 500000 bytes in" \
		who || fail "$from: $(cat who)"
	"$alloccheck" report --who=0x1234 "$@" >who
	grep -q 'leads to no block that was recorded' who ||
		fail "$from: $(cat who)"
}

# findings NAME: those of the process or core are the mistake.
findings()
{
	"$alloccheck" report --format=json "$@" >findings.json 2>err ||
		fail "$1: $(cat err)"
	"$PYTHON3" "$expect_py" findings.json --reports=1 \
		"T5 count=1 free~holds_mistake" >findings.txt ||
		fail "$1: the findings are not those expected"
}

# start: the program, with the library as it is installed, and gdb's script where
# gdb looks for it.
lib=$work/usr/lib/alloccheck
scripts=$work/usr/share/gdb/auto-load
mkdir -p "$lib" "$scripts$lib"
cp "$preload_library" "$lib"
cp "$top_srcdir/lib/preload/liballoccheck.so-gdb.py" "$scripts$lib"
pid=
trap 'status=$?; [ -z "$pid" ] || kill $pid 2>/dev/null; leave $status' EXIT
start()
{
	rm -rf "$reports" addresses
	mkdir "$reports"
	ALLOCCHECK_OPTIONS=log_path=$reports \
		LD_PRELOAD=$lib/liballoccheck.so:$preload "$programs/holds" \
		>addresses &
	pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -s addresses ] && break
		sleep 0.2
	done
	read -r live freed large <addresses || fail "no addresses"
}
start

who "a live process" $pid
findings $pid
gdb -q -batch -p $pid -ex "generate-core-file core.holds" >gdb.out 2>&1
[ -s core.holds ] || fail "no core: $(tail -n 3 gdb.out)"
who "a core" core.holds
# The report's own file is not needed, nor is the program where it was.
rm -rf "$reports"
findings core.holds
cp "$programs/.libs/holds" program 2>/dev/null ||
	cp "$programs/holds" program
findings --exe=program core.holds

# In gdb, which loads the script by itself from where it is installed.
script=$top_srcdir/lib/preload/liballoccheck.so-gdb.py
ALLOCCHECK=$alloccheck
export ALLOCCHECK
gdb -q -batch -iex "add-auto-load-scripts-directory $scripts" \
	-iex "add-auto-load-safe-path $scripts" -p $pid \
	-ex 'alloccheck who holds_live' -ex 'alloccheck findings' >gdb.out 2>&1
grep -q 'a live block of 64 bytes' gdb.out || fail "gdb: $(tail gdb.out)"
grep -q 'error T5 missing-alloc-entry' gdb.out || fail "gdb: $(tail gdb.out)"
gdb -q -batch -ex "source $script" -ex 'alloccheck who holds_large' \
	-ex 'alloccheck findings' "$programs/holds" core.holds >gdb.out 2>&1
grep -q 'a live block of 3000000 bytes' gdb.out || fail "gdb: $(tail gdb.out)"
grep -q 'error T5 missing-alloc-entry' gdb.out || fail "gdb: $(tail gdb.out)"
kill $pid
wait $pid 2>/dev/null

# A core of the kernel's, where it writes them here.
hard=$(ulimit -H -c)
dump()
{
	ulimit -S -c "$hard"
	start
	ulimit -S -c 0
	{ kill -SEGV $pid && wait $pid; } 2>/dev/null
	[ -f core ] || mv core.$pid core || fail "no core"
	rm -rf "$reports"
}
case $hard:$(cat /proc/sys/kernel/core_pattern) in
*[1-9]*:core | *[1-9]*:core.%p | unlimited:core | unlimited:core.%p)
	dump
	who "a core of the kernel's" core
	findings core
	# What was mapped and never touched takes no room.
	[ "$(du -k core | cut -f1)" -lt 20000 ] || fail "$(du -k core)"
	# Without the first pages of files (bit 4).
	rm -f core
	(echo 0x23 >/proc/self/coredump_filter) 2>/dev/null &&
		echo 0x23 >/proc/self/coredump_filter
	dump
	who "a core without headers" core
	findings core
	;;
*)
	echo "$test_name: no cores: the kernel does not write them here" ;;
esac

# What has no alloccheck in it, and what is none of both.
sleep 60 &
pid=$!
sleep 0.1
"$alloccheck" report $pid >out 2>err && fail "sleep has a report"
grep -q "library is not in it" err || fail "$(cat err)"
kill $pid
"$alloccheck" report --who=0x10 /etc/passwd >out 2>err && fail "a file"
grep -q -- '--who is for a live process or a core' err || fail "$(cat err)"
"$alloccheck" report --who=here $pid >out 2>err && fail "no number"
# A core that is cut off is read as far as it goes.
for size in 100 5000 100000 1000000; do
	head -c $size core.holds >cut
	timeout 20 "$alloccheck" report --who="$live" cut >out 2>err
	[ $? -le 2 ] || fail "cut at $size: $(cat err)"
done
exit 0
