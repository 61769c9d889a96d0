#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Do two scans say the same?

    agree.py ONE OTHER [LEAST]

The objects of ONE must all be in OTHER, in the same order, with the same
allocators, and each call that both know of must lead to the same owner.  At
least LEAST calls must have been compared.
"""
import json
import os
import sys


def load(path):
    scan = json.load(open(path, encoding="utf-8"))
    for o in scan["objects"]:
        o["path"] = os.path.realpath(o["path"])
    return scan


def cells(scan, o):
    """Entry: the owners of its calls."""
    found = {}
    for b in o["bindings"]:
        if b["how"] == "inside":
            continue
        owner = b["owner"]
        found.setdefault(b["name"], set()).add(
            b["how"] if owner is None and b["how"] in ("nowhere", "foreign")
            else None if owner is None else scan["objects"][owner]["path"])
    return found


def main():
    one, other = load(sys.argv[1]), load(sys.argv[2])
    least = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    there = {(o["path"], o["namespace"]): o for o in other["objects"]}
    wrong = compared = 0
    order = []
    for o in one["objects"]:
        also = there.get((o["path"], o["namespace"]))
        if not also:
            print("not in the other:", o["path"])
            wrong = 1
            continue
        order.append(also["id"])
        for member in "family", "version", "soname", "build_id", "mark":
            if o[member] != also[member]:
                print(o["path"], member, o[member], also[member])
                wrong = 1
        mine, its = cells(one, o), cells(other, also)
        for name in sorted(set(mine) | set(its)):
            compared += 1
            if mine.get(name) != its.get(name):
                print(o["path"], name, mine.get(name), its.get(name))
                wrong = 1
    if order != sorted(order):
        print("the order is another:", order)
        wrong = 1
    print("%d calls compared" % compared)
    return wrong or compared < least


if __name__ == "__main__":
    sys.exit(main())
