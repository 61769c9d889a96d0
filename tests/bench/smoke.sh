#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench still works: each kind of work and tool once, as short as can be.
# The figures mean nothing, but they must be there and the results sound.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command perl redis-server redis-benchmark valgrind
need_tcmalloc

"$top_builddir/tests/bench/growth" quick >growth.out ||
	fail "growth: $(cat growth.out)"
for row in ptmalloc 'one arena' tcmalloc own frontier enter mixed; do
	grep -q "^$row  *[0-9]* *[0-9]* .* 100.0000%" growth.out ||
		fail "growth printed no row of $row"
done

run_bench()
{
	CC=$CC timeout 120 "$PYTHON3" "$top_srcdir/tests/bench/bench.py" \
		--quick --results=results "$@" "$top_builddir" \
		"$top_srcdir" >out 2>err || fail "bench.py: $(cat err)"
}
run_bench --allocators=ptmalloc \
	--only=tight,pass,churn,perl,redis,starts --without=memcheck,heaptrack
for row in 'tight, 8 threads' 'pass on, 2 threads' 'churn, 1000 live' \
	'perl' 'redis-server' 'python3 starts' 'mean of programs'; do
	grep -Eq "^$row .* [0-9.]+!?" out || fail "no row of $row"
done
# What fails is said and left out: nothing may fail here.
! grep '^bench: .* under ' out || fail "a work failed"
for picture in tools threads live; do
	"$PYTHON3" -c 'import sys, xml.dom.minidom
d = xml.dom.minidom.parse(sys.argv[1])
assert d.getElementsByTagName("text").length > 10' results/$picture.svg ||
		fail "$picture.svg is no picture"
done
grep -q ',perl,full,1,s,' results/*.csv || fail "no CSV"

# Instructions of a whole program; they are the same each time, so each level
# has more than the one before.
run_bench --instructions --programs --only=perl
awk '$1 == "perl" && $3 > 100 && $4 > 1 && $5 > $4 && $6 > $5 { found = 1 }
END { exit !found }' out || fail "no instructions: $(cat out)"

# A tool that is not there, and one that records nothing, are not fatal.
sed 's/libheaptrack_preload.so/no-such.so/; s/log_empty=1/log_empty=0/' \
	"$top_srcdir/tests/bench/tools.py" >tools.py
cp "$top_srcdir"/tests/bench/bench.py "$top_srcdir"/tests/bench/works.py \
	"$top_srcdir/tests/bench/instructions.py" \
	"$top_srcdir/tests/bench/pictures.py" .
CC=$CC timeout 60 "$PYTHON3" bench.py --quick --allocators=ptmalloc \
	--only='tight, 2' --without=memcheck --results=results \
	"$top_builddir" "$top_srcdir" >out 2>err || fail "$(cat err)"
grep -q '^bench: heaptrack: no heaptrack here' out || fail "not said"
grep -q '^bench: .*under full: it recorded nothing' out || fail "not seen"
grep -q '^compared with ' out || fail "nothing is compared with the last run"
