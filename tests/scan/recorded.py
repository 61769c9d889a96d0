#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does the scan of a process say what the preload library in it recorded?

    recorded.py SCAN REPORT FINDINGS

REPORT is what `alloccheck report --format=json` printed.  Each allocator of the
report must be one of the scan's, of the same family and version; and of each of
its findings, FINDINGS or more (0: none), whoever called the freeing or the allocating function must
have that call bound, in the scan, to the allocator that the report names.
"""
import json
import os
import sys

wrong = 0


def check(is_so, *text):
    global wrong
    if not is_so:
        print(*text)
        wrong = 1


def owners(scan, module, api):
    """The files that serve MODULE's calls of API; None if it has none."""
    found = set()
    for o in scan["objects"]:
        if os.path.realpath(o["path"]) != os.path.realpath(module):
            continue
        for b in o["bindings"]:
            if b["name"] == api and b["owner"] is not None:
                found.add(os.path.realpath(
                    scan["objects"][b["owner"]]["path"]))
    return found


def check_side(scan, report, finding, side, provider):
    stack = finding.get(side, {}).get("stack") or []
    if not stack or provider is None:
        return 0
    api = finding[side]["api"]
    module = stack[0]["module"]
    expected = next(p["path"] for p in report["providers"]
                    if p["id"] == provider["provider"])
    found = owners(scan, module, api)
    check(os.path.realpath(expected) in found, finding["code"], side, module,
          api, "recorded", expected, "scanned", sorted(found))
    return 1


def main():
    scan = json.load(open(sys.argv[1], encoding="utf-8"))
    text = open(sys.argv[2], encoding="utf-8").read()
    least = int(sys.argv[3])
    report = json.loads(text) if text.strip() else None
    found = len(report["findings"]) if report else 0
    check(found >= least if least else not found, found, "findings, not",
          least)
    if not report:
        return wrong
    here = {(os.path.realpath(o["path"]), o["family"], o["version"],
             o["namespace"]) for o in scan["objects"] if o["family"]}
    for p in report["providers"]:
        check((os.path.realpath(p["path"]), p["family"], p["version"],
               p["namespace"]) in here, "no such allocator in the scan:", p)
    sides = 0
    for f in report["findings"]:
        sides += check_side(scan, report, f, "allocation", f["owner"])
        sides += check_side(scan, report, f, "deallocation", f["freer"])
    check(sides >= least, "only", sides, "calls were compared")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
