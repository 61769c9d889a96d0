#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks what `alloccheck scan --format=json` printed.

    expect.py FILE EXPECTED...

Each EXPECTED is a finding, and there must be exactly these, infos aside:

    CODE [severity=S] [object=NAME] [text~REGEX] [why~REGEX]

or a cell of the matrix, OBJECT:ENTRY=PROVIDER[,PROVIDER] where PROVIDER is
the name of a file, "nowhere" or "foreign"; or a fact, .MEMBER=VALUE.
"""
import json
import os
import re
import sys


def base(scan, number):
    if number is None:
        return None
    return os.path.basename(scan["objects"][number]["path"])


def cell(scan, name, entry):
    """Who serves ENTRY when the object called NAME calls it."""
    for o in scan["objects"]:
        if os.path.basename(o["path"]) != name:
            continue
        owners = {b["how"] if b["how"] in ("nowhere", "foreign")
                  else base(scan, b["owner"])
                  for b in o["bindings"] if b["name"] == entry}
        return ",".join(sorted(str(x) for x in owners))
    return "no such object"


def matches(scan, finding, words):
    if words[0] != (finding["code"] or "note"):
        return False
    for word in words[1:]:
        if "~" in word:
            key, part = word.split("~", 1)
            if not re.search(part, finding[key] or ""):
                return False
            continue
        key, value = word.split("=", 1)
        have = finding[key]
        if key == "object":
            have = base(scan, have)
        if str(have) != value:
            return False
    return True


def main():
    scan = json.load(open(sys.argv[1], encoding="utf-8"))
    left = [f for f in scan["findings"] if f["severity"] != "info"]
    wrong = 0
    for expected in sys.argv[2:]:
        words = expected.split()
        if expected.startswith("."):
            key, value = expected[1:].split("=", 1)
            if str(scan.get(key)) != value:
                print("%s is %s, not %s" % (key, scan.get(key), value))
                wrong = 1
        elif ":" in words[0]:
            where, value = expected.split("=", 1)
            name, entry = where.rsplit(":", 1)
            have = cell(scan, name, entry)
            if have != ",".join(sorted(value.split(","))):
                print("%s is %s, not %s" % (where, have, value))
                wrong = 1
        else:
            pool = scan["findings"] if "severity=info" in words else left
            found = [f for f in pool if matches(scan, f, words)]
            if not found:
                print("not found:", expected)
                wrong = 1
            elif found[0] in left:
                left.remove(found[0])
    for f in left:
        print("not expected:", f["code"], f["severity"],
              base(scan, f["object"]), f["text"])
        wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
