#!/bin/sh
# SPDX-License-Identifier: MIT
# Whose memory is it: a server that has freed all but the last block of each
# thread, on each allocator; and the culprits are named.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
. "$top_srcdir/tests/scan/server.sh"
need_jemalloc
need_tcmalloc
want_mimalloc

# check FAMILY: what `scan --memory' prints of it.
check()
{
	"$alloccheck" scan --memory --format=json $pid >memory.json 2>err ||
		fail "scan --memory: status $?"
	"$PYTHON3" - "$1" <<'END' || fail "$1: not as expected"
import json, sys

family = sys.argv[1]
memory = json.load(open("memory.json"))
stay = [int(line, 16) for line in open("stay") if line.startswith("0x")]
at = {a["id"]: a for a in memory["allocators"]}
uses = {u["use"]: u for u in memory["uses"]}

def region(address):
    return next(r for r in memory["regions"]
                if int(r["low"], 16) <= address < int(r["high"], 16))

# Each block that stays is in memory of the allocator's.
for address in stay:
    r = region(address)
    assert r["use"] == "allocator" and at[r["allocator"]]["family"] == family, r
mine = next(a for a in at.values() if a["family"] == family)
# The second thread may have got what the first had freed.
assert mine["size"] >= 20e6, mine
assert 0 < mine["resident"] <= mine["size"], mine
# What the allocator has not taken is little: thread-local storage and such.
assert uses["unknown"]["size"] < mine["size"] / 8, uses["unknown"]
assert uses["thread stacks"]["size"] > 4 << 20, uses["thread stacks"]
# All mappings are there, once each.
regions = memory["regions"]
assert all(int(a["high"], 16) <= int(b["low"], 16)
           for a, b in zip(regions, regions[1:]))
total = sum(u["size"] + u["reserved"] for u in memory["uses"])
assert total == sum(int(r["high"], 16) - int(r["low"], 16) for r in regions)

heaps = memory["heaps"]
if family != "glibc":
    assert not heaps, heaps
    sys.exit(0)
# Two heaps, of which next to nothing is in use; and the blocks that hold the
# rest are those which stay.
assert len(heaps) == 2, heaps
assert {int(h["pin"], 16) for h in heaps} == set(stay), (heaps, stay)
for h in heaps:
    assert h["free"] > 19e6 and h["used"] < 1e6, h
    assert 1000 <= h["pin_size"] < 1100, h
    assert h["resident"] > 19e6, h
END
}

serve ''
check glibc
"$alloccheck" scan --memory -v $pid >out 2>err || fail "in words: status $?"
for address in $(grep 0x stay); do
	grep -q "at $address is the last in use: while it is, .* MiB free" \
		out || fail "the text does not name $address"
done
[ "$(grep -c 'nearly empty: 0.0 % in use' out)" = 2 ] ||
	fail "the text does not say that the heaps are nearly empty"
grep -q '(a heap of 64 MiB)' out || fail "regions are not shown"
"$alloccheck" scan --memory --format=svg $pid >out.svg 2>err ||
	fail "the picture: status $?"
"$PYTHON3" -c '
import sys, xml.etree.ElementTree as tree
text = "".join(tree.parse("out.svg").getroot().itertext())
sys.exit("the main heap" not in text or "glibc" not in text)' ||
	fail "the picture is not as expected"
end

for one in jemalloc:"$jemalloc" tcmalloc:"$tcmalloc" \
	${mimalloc:+mimalloc:"$mimalloc"}; do
	serve "${one#*:}"
	check "${one%%:*}"
	end
done

# What has no memory, and what there is no picture of.
status=0
"$alloccheck" scan --memory "$programs/chunkserver" >out 2>err || status=$?
[ $status = 1 ] && [ "$(wc -l <err)" = 1 ] || fail "a program has memory"
status=0
"$alloccheck" scan --format=svg $$ >out 2>err || status=$?
[ $status = 1 ] && [ "$(wc -l <err)" = 1 ] || fail "a matrix has a picture"
exit 0
