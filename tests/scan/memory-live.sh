#!/bin/sh
# SPDX-License-Identifier: MIT
# Whose memory it is, with the preload library in the process: what is live, and
# which place in the program holds the rest; on each allocator, and in a core.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
. "$top_srcdir/tests/scan/server.sh"
need_jemalloc
need_tcmalloc
want_mimalloc

trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

# watch LIBRARY [ARGUMENT]: the server under alloccheck, with LIBRARY behind it.
watch()
{
	serve "$preload_library${1:+:$1}" ${2-}
}

# check FAMILY HOW TARGET: what `scan --memory' prints of it.
check()
{
	"$alloccheck" scan --memory --format=json "$3" >memory.json 2>err ||
		fail "scan --memory: status $?"
	"$PYTHON3" - "$1" "$2" <<'END' >out 2>&1 || fail "$1 $2: not as expected"
import json, sys

family, how = sys.argv[1:]
memory = json.load(open("memory.json"))
stay = [int(line, 16) for line in open("stay") if line.startswith("0x")]
assert memory["recorded"]
mine = next(a for a in memory["allocators"] if a["family"] == family)
live = mine["live"]
resident = mine["resident"] or mine["size"]
here = [p for p in memory["places"]
        if any(f["function"] == "serve" for f in p["stack"])]
assert {p["api"] for p in here} == {"malloc"}, here
assert {p["allocator"] for p in here} == {mine["id"]}, here
blocks = sum(p["blocks"] for p in here)
size = sum(p["bytes"] for p in here)
held = sum(p["held"] for p in here)
# What the program has asked for, and not a byte besides.
every = {"scattered": 16, "last": 20000, "tiny": 1}[how]
assert blocks == 2 * (20000 // every), blocks
if how == "tiny":
    # Two blocks in 16 bytes count eight each.
    least = 500 * sum(range(1, 41))
    most = least + 500 * sum(8 - n for n in range(1, 9))
    assert 2 * least <= size <= 2 * most, (least, size, most)
    assert size * 0.9 <= held < 3 * size, (size, held)
    sys.exit(0)
assert size == 1000 * blocks, size
assert size <= live["bytes"] < size + 200000, (size, live)
assert not live["unsized"]
assert held <= live["held"] <= resident, (held, live, resident)
if how == "scattered":
    # Sixteen blocks are four pages at least, and one is in two of them at most;
    # a page where two meet is shared, as those of two threads may.
    assert 3 * size < held <= 8192 * blocks, (size, held)
    assert memory["places"][0] in here, memory["places"][0]
else:
    assert held <= 2 * 8192, held
    assert resident - live["held"] > 19e6, mine
# The preload library's own memory is nobody's else.
uses = {u["use"]: u for u in memory["uses"]}
assert uses["alloccheck itself"]["size"] >= 32 << 20, uses
assert uses["unknown"]["size"] < 1 << 20, uses["unknown"]

if family == "glibc":
    assert len(memory["heaps"]) == 2
    for h in memory["heaps"]:
        pin = h["pins"][0]
        assert int(pin["address"], 16) in stay and pin["size"] == 1000, pin
        assert any(f["function"] == "serve" for f in pin["stack"]), pin
        # All that lies between it and the one before it.
        assert h["top"] < pin["gives"] <= int(h["high"], 16) - \
            int(h["low"], 16), (h["top"], pin)
        if how == "scattered":
            assert pin["gives"] < 1 << 20 and h["live_blocks"] >= 1250, h
            assert len(h["pins"]) == 3, h["pins"]
        else:
            assert pin["gives"] > 19e6 and h["live_blocks"] < 10, h
END
}

for one in glibc: jemalloc:"$jemalloc" tcmalloc:"$tcmalloc" \
	${mimalloc:+mimalloc:"$mimalloc"}; do
	for how in last scattered tiny; do
		watch "${one#*:}" $how
		check "${one%%:*}" $how $pid
		end
	done
done

# The same in words: resident over live, the culprit and its stack.
watch '' last
"$alloccheck" scan --memory $pid >out 2>err || fail "in words: status $?"
for address in $(grep 0x stay); do
	grep -A 3 "at $address is the last in use: without it, .* MiB could" \
		out | grep -q ' serve ' ||
		fail "the text does not show where $address was allocated"
done
grep -q 'ptmalloc.* live blocks; 3[0-9] MiB is resident, [0-9]* times as' out ||
	fail "the text does not say how much is resident for what is live"
"$alloccheck" scan --memory --format=svg $pid >out.svg 2>err ||
	fail "the picture: status $?"
"$PYTHON3" -c '
import sys, xml.etree.ElementTree as tree
text = "".join(tree.parse("out.svg").getroot().itertext())
sys.exit("1000 bytes" not in text or "allocated in serve" not in text or
         "live: " not in text)' || fail "the picture shows no culprit"
end

# With age=1, how old they are.
ALLOCCHECK_OPTIONS=age=1
export ALLOCCHECK_OPTIONS
watch '' last
sleep 0.3
check glibc last $pid
"$PYTHON3" -c '
import json
memory = json.load(open("memory.json"))
ages = [p["age"] for h in memory["heaps"] for p in h["pins"]]
ages += [p["oldest"] for p in memory["places"]]
assert ages and min(ages) >= 0.2 and max(ages) < 600, ages' ||
	fail "not as old as that"
"$alloccheck" scan --memory $pid >out 2>err || fail "in words: status $?"
grep -q 'is the last in use: .* end; allocated [0-9.]* s ago$' out ||
	fail "the text does not say how old the last block is"
grep -q 'of glibc.*; \(the oldest \)*allocated [0-9.]* s ago$' out ||
	fail "the text does not say how old the oldest block is"
end
unset ALLOCCHECK_OPTIONS

# A core, where the kernel writes one here.
hard=$(ulimit -H -c)
ulimit -S -c "$hard"
case $hard:$(cat /proc/sys/kernel/core_pattern) in
0:*)
	echo "$test_name: no cores: the hard limit is 0 here" ;;
*:core | *:core.%p)
	watch '' last
	kill -ABRT $pid
	wait $pid
	pid=
	exec 3>&-
	[ -f core ] || mv core.* core || fail "no core"
	check glibc last core
	# One that is cut off is as good as what is left of it.
	for size in 5000 100000 20000000; do
		head -c $size core >cut
		timeout 20 "$alloccheck" scan --memory cut >out 2>err
		status=$?
		[ $status = 0 ] || [ $status = 2 ] ||
			fail "a core cut to $size bytes: status $status"
	done
	;;
*)
	echo "$test_name: no cores: they go elsewhere here" ;;
esac

# With level=guard no blocks are recorded, and that is said.
ALLOCCHECK_OPTIONS=level=guard
export ALLOCCHECK_OPTIONS
watch '' last
"$alloccheck" scan --memory $pid >out 2>err || fail "level=guard: status $?"
grep -q 'what is live is not known' out || fail "level=guard: not said"
end
