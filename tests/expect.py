#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares the findings of reports with what a test expects.

    expect.py FILE [OPTION...] [EXPECTED...]

FILE holds what `alloccheck report --format=json` printed: one object per
report, or nothing.  Each EXPECTED is one finding:

    T1b owner=jemalloc freer=glibc api=free alloc~engine_alloc free~plug_free

that is a code (several with |, or * for any) and conditions: NAME=VALUE
(values with |), or alloc~FUNCTION, free~FUNCTION, first~FUNCTION: a function
in the allocation stack, in the stack of the free, in that of the first free
of a double free.  Each expected finding must be there once, and no other
finding may be there.  Options:

    --no-info       findings of severity info are not looked at
    --unknown=N     the unknown frees of all reports together (default 0)
    --reports=N     the number of reports
    --sum           count the findings that agree with one EXPECTED together:
                    count=N is their sum
"""
import json
import sys


def load(path):
    """The objects of FILE, one after another."""
    text = open(path, encoding="utf-8").read()
    decoder = json.JSONDecoder()
    reports = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return reports
        obj, at = decoder.raw_decode(text, at)
        reports.extend(obj if isinstance(obj, list) else [obj])


def functions(side):
    return [f.get("function") or "" for f in (side or {}).get("stack", [])]


def values(finding):
    """What a condition can be about."""
    alloc = finding.get("allocation") or {}
    free = finding.get("deallocation") or {}
    return {
        "severity": finding.get("severity"),
        "verdict": finding.get("verdict"),
        "slug": finding.get("slug"),
        "count": finding.get("count"),
        "api": finding.get("api"),
        "size": finding.get("size"),
        "action": finding.get("action"),
        "pointer": finding.get("pointer"),
        "wild": finding.get("wild"),
        "owner": (finding.get("owner") or {}).get("family"),
        "freer": (finding.get("freer") or {}).get("family"),
        "allocapi": alloc.get("api"),
        "freeapi": free.get("api"),
        "athread": alloc.get("thread"),
        "fthread": finding.get("thread"),
    }


def agrees(finding, expected):
    words = expected.split()
    if words[0] != "*" and finding["code"] not in words[0].split("|"):
        return False
    have = values(finding)
    for word in words[1:]:
        if "~" in word:
            side, function = word.split("~", 1)
            where = {"alloc": "allocation", "free": "deallocation",
                     "first": "first_deallocation"}[side]
            if function not in functions(finding.get(where)):
                return False
            continue
        name, value = word.split("=", 1)
        if name == "count" and SUM:
            continue
        if name not in have:
            sys.exit("expect.py: no condition is called " + name)
        if str(have[name]) not in value.split("|"):
            return False
    return True


def show(finding):
    have = values(finding)
    print(finding["code"], " ".join("%s=%s" % (k, v) for k, v in have.items()
                                    if v is not None))
    for side in ("allocation", "deallocation", "first_deallocation"):
        if finding.get(side):
            print("    %s: %s" % (side, " ".join(
                f or "?" for f in functions(finding[side]))))


SUM = False


def main():
    global SUM
    path = sys.argv[1]
    wanted, unknown, count, info = [], 0, None, True
    for arg in sys.argv[2:]:
        if arg == "--no-info":
            info = False
        elif arg == "--sum":
            SUM = True
        elif arg.startswith("--unknown="):
            unknown = arg[10:]
        elif arg.startswith("--reports="):
            count = int(arg[10:])
        else:
            wanted.append(arg)

    reports = load(path)
    found = [f for r in reports for f in r["findings"]
             if info or f["severity"] != "info"]
    wrong = 0
    for f in found:
        show(f)
    for r in reports:
        if r.get("schema") != "alloccheck-report/1":
            print("schema is", r.get("schema"))
            wrong = 1
        families = {p["id"]: p["family"] for p in r["providers"]}
        for f in r["findings"]:
            for side in ("owner", "freer"):
                who = f.get(side)
                if who and families.get(who["provider"]) != who["family"]:
                    print("the %s of %s is no provider of its report"
                          % (side, f["code"]))
                    wrong = 1

    left = list(found)
    for expected in wanted:
        hits = [f for f in left if agrees(f, expected)]
        if not hits:
            print("not found:", expected)
            wrong = 1
            continue
        if not SUM:
            left.remove(hits[0])
            continue
        for f in hits:
            left.remove(f)
        total = sum(f["count"] for f in hits)
        for word in expected.split():
            if word.startswith("count=") and int(word[6:]) != total:
                print("counted %d: %s" % (total, expected))
                wrong = 1
    for f in left:
        print("not expected:", f["code"], values(f))
        wrong = 1

    frees = sum(r["coverage"]["unknown_frees"] for r in reports)
    if unknown != "any" and frees != int(unknown):
        print("unknown frees:", frees, "expected:", unknown)
        wrong = 1
    if count is not None and count != len(reports):
        print("reports:", len(reports), "expected:", count)
        wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
