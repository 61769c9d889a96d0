#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares what the program `matrix` did with what was found.

    matrix.py OUT FINDINGS.JSON OWNER FREER

Each line "ALLOC-NAMES FREE-NAMES" of OUT is one error between these entries
(any of the names: they are one function), with owner and freer right and a
stack on both sides.  With OWNER and FREER the same: nothing was found.
"""
import collections
import json
import sys


def main():
    out, findings, owner, freer = sys.argv[1:]
    done = collections.Counter()
    known = set()
    for line in open(out, encoding="utf-8"):
        words = line.split()
        if words[0] == "family":
            continue
        pair = (frozenset(words[0].split(",")), frozenset(words[1].split(",")))
        done[pair] += 1
        known.add(pair)
    if not done:
        print("nothing was done")
        return 1
    text = open(findings, encoding="utf-8").read()
    report = json.loads(text) if text else {"findings": []}
    wrong = 0
    found = collections.Counter()
    if owner == freer:
        known = set()
    for f in report["findings"]:
        alloc, free = f["allocation"], f["deallocation"]
        what = "%s %s: %s of %s by %s of %s" % (
            f["code"], f["severity"], alloc["api"], f["owner"]["family"],
            f["api"], f["freer"]["family"])
        if f["severity"] == "info":
            continue  # a free that tolerates, by the allocator itself
        pairs = [p for p in known if alloc["api"] in p[0] and f["api"] in p[1]]
        if len(pairs) != 1 or f["severity"] != "error" or \
                f["verdict"] != "cross-allocator" or \
                f["owner"]["family"] != owner or f["freer"]["family"] != freer:
            print("not expected:", what)
            wrong += 1
            continue
        for side, name in ((alloc, "matrix_alloc"), (free, "matrix_free")):
            if name not in [s.get("function") for s in side["stack"]]:
                print("no %s in the stack: %s" % (name, what))
                wrong += 1
        found[pairs[0]] += f["count"]
    for pair in known:
        if found[pair] != done[pair]:
            print("found %d times, not %d: %s" % (
                found[pair], done[pair],
                " and ".join(",".join(sorted(n)) for n in pair)))
            wrong += 1
    unknown = report.get("coverage", {}).get("unknown_frees", 0)
    if unknown:
        print("unknown frees:", unknown)
        wrong += 1
    print("%s to %s: %d calls, %d faults" % (
        owner, freer, sum(done.values()), sum(found.values())))
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
