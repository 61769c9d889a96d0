#!/bin/sh
# SPDX-License-Identifier: MIT
# Cores that leave out what files have: read from the files that were mapped, and
# from no others.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_tcmalloc
need_command gdb
hard=$(ulimit -H -c)
case $hard:$(cat /proc/sys/kernel/core_pattern) in
*[1-9]*:core | *[1-9]*:core.%p | unlimited:core | unlimited:core.%p) ;;
*) skip "the kernel does not write cores here" ;;
esac
(echo 0x23 >/proc/self/coredump_filter) 2>/dev/null ||
	skip "no coredump_filter in this kernel"

trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

# plug FILE [OPTIONS]: a plugin.
cat >plug.c <<'END'
#include <stdlib.h>
#include <string.h>
char *plug_copy(const char *s) { return strdup(s); }
void plug_free(void *p) { free(p); }
/* As long in either order. */
#define SMALL static int small(int i) { return i; }
#define LARGE static int large(int i) { return i * i * i / 7 + i % 11 * i; }
#ifdef SWAPPED
LARGE SMALL
#else
SMALL LARGE
#endif
static void *const table[] = {plug_copy, plug_free, malloc, small,
			      large, small, large, small, large};
void *plug_entry(int i) { return table[i]; }
#ifdef MORE
void plug_more(void *p, const char *s) { plug_free(p); plug_copy(s); }
#endif
END
plug()
{
	file=$1
	shift
	$CC -O1 -fPIC -shared -Wl,--build-id -o "$file" plug.c \
		-Wl,-z,relro "$@" || fail "$file"
	# As it was installed: long ago.
	touch -d 2020-01-01 "$file"
}
mkdir here other swapped
plug here/plug.so
plug other/plug.so -DMORE
plug swapped/plug.so -DSWAPPED
$CC -D_GNU_SOURCE -o program "$top_srcdir/tests/programs/stay.c" \
	-I"$top_srcdir/tests/programs" -I"$top_srcdir/lib" -ldl ||
	fail "program"
touch -d 2020-01-01 program

# dump FILTER: core.FILTER
dump()
{
	rm -f core core.[0-9]*[0-9]
	(
		ulimit -S -c "$hard"
		echo "$1" >/proc/self/coredump_filter
		LD_PRELOAD=$tcmalloc exec ./program crash \
			"$work/here/plug.so:deep"
	) >/dev/null 2>&1
	[ -f core ] || mv core.[0-9]* core || fail "no core"
	mv core "core_$1"
}

# like NAME: scan.json is as that of the core with all headers.
like()
{
	expect_status 99
	"$PYTHON3" "$top_srcdir/tests/scan/agree.py" whole.json scan.json 9 \
		>out || fail "$1: not as the core with headers"
}

dump 0x33
scan core_0x33
expect 99 "T1b severity=error object=plug.so"
grep -q '"problems":\[\]' scan.json || fail "0x33: $(cat err)"
mv scan.json whole.json
for filter in 0x23 0x21 0x01 0x37; do
	dump $filter
	scan core_$filter
	like $filter
	if [ $filter = 0x37 ]; then
		[ -s err ] && fail "$filter: $(cat err)"
	else
		grep -q "no build IDs.*/program.*/here/plug.so" err &&
			[ "$(wc -l <err)" = 1 ] || fail "$filter: $(cat err)"
	fi
	"$alloccheck" scan -v --stacks core_$filter >out 2>err
	grep -q '#.* main+0x.* (program)' out || fail "$filter: no stack"
	"$alloccheck" scan --memory core_$filter >out 2>err ||
		fail "$filter: --memory: $?"
	grep -q 'tcmalloc' out || fail "$filter: whose memory it is"
done

# Without the process' own memory there is nothing to compare, or to read.
for filter in 0x22 0x32; do
	dump $filter
	scan core_$filter
	expect_status 2
done
"$alloccheck" scan core_0x22 >out 2>err
grep -q '/program cannot be compared: the core has nothing of it' err ||
	fail "0x22: $(cat err)"

# gdb's are the same.
(
	echo 0x23 >/proc/self/coredump_filter
	LD_PRELOAD=$tcmalloc exec ./program "$work/here/plug.so:deep"
) >ready 2>err &
pid=$!
wait_for ready
gdb -q -batch -p $pid -ex "generate-core-file core.gdb" >gdb.out 2>&1
kill -KILL $pid
pid=
scan core.gdb
like "gdb's"

# Other files by now: none of them is taken for the one that was mapped.
# not_it CORE SENTENCE
not_it()
{
	scan "$1"
	grep -q "/here/plug.so $2, and is not read" err ||
		fail "$1: not said that it $2: $(cat err)"
	! grep -q '"path":"[^"]*/plug.so"' scan.json ||
		fail "$1: a file that $2 is shown"
}
mv here there
mkdir here
not_it core_0x23 'is not there'
scan --sysroot=/nowhere core_0x23
grep -q '/here/plug.so is not there' err || fail "--sysroot=/nowhere"
cp -p other/plug.so here
not_it core_0x23 'has .*other .* than the one that was mapped'
cp other/plug.so here
not_it core_0x23 'has .*other .* than the one that was mapped'
cp -p swapped/plug.so here
not_it core_0x23 'has other constants than the one that was mapped'
# Where it lies today is said; that it is younger does not count then.
root=$work/root
mkdir -p "$root$work/here"
cp there/plug.so "$root$work/here"
scan --sysroot="$root" core_0x23
like "--sysroot"
scan --sysroot="$root" core_0x33
like "--sysroot with headers"
# The same bytes, but who knows that?
cp there/plug.so here
not_it core_0x23 'was changed after the core was written'
cp -p there/plug.so here
scan core_0x23
like "the old one"
head -c 9000 there/plug.so >here/plug.so
touch -d 2020-01-01 here/plug.so
not_it core_0x23 'is cut off'
cp -p other/plug.so here
scan core_0x33
grep -q '/here/plug.so has another first page than the one that was mapped' \
	err || fail "another first page: $(cat err)"
cp -p there/plug.so here

# The program elsewhere.
mv program moved
scan core_0x23
expect_status 2
grep -q '/program is not there' err || fail "no program: $(cat err)"
touch moved
scan --exe=moved core_0x23
like "--exe"
"$alloccheck" scan -v --stacks --exe=moved core_0x23 >out 2>err
grep -q '#.* main+0x' out || fail "--exe: no stack"
scan --exe=/bin/sh core_0x23
expect_status 2
grep -q '/program has other segments than the one that was mapped' err ||
	fail "--exe=/bin/sh: $(cat err)"
