#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `alloccheck scan` says would be loaded, against what ld.so says: it
lists the objects and ends (LD_TRACE_LOADED_OBJECTS), before the program runs.

    loads.py ALLOCCHECK [--distinct] AT-LEAST PROGRAM...

The programs that ld.so can list must be AT-LEAST so many; with --distinct one
that loads the same objects in the same order as one before is passed over.
"""
import json
import os
import re
import subprocess
import sys


def by_loader(program):
    """The paths in order, or None where the program is not for ld.so."""
    run = subprocess.run([program], capture_output=True, text=True,
                         env=dict(os.environ, LD_TRACE_LOADED_OBJECTS="1"),
                         stdin=subprocess.DEVNULL)
    if run.returncode or "not found" in run.stdout:
        return None
    paths = []
    for line in run.stdout.splitlines():
        found = re.match(r"\s*(?:\S+ => )?(/\S+) \(0x", line)
        if found:
            paths.append(os.path.realpath(found.group(1)))
    return paths


def is_dynamic(program):
    """Only of these is it known that ld.so comes first."""
    try:
        with open(program, "rb") as f:
            head = f.read(4096)
    except OSError:
        return False
    return head[:4] == b"\x7fELF" and b"/lib64/ld-linux-x86-64.so.2\0" in head \
        and not os.stat(program).st_mode & 0o6000


def by_scan(alloccheck, program):
    run = subprocess.run([alloccheck, "scan", "--format=json", program],
                         capture_output=True, text=True)
    if run.returncode not in (0, 99):
        return [run.stderr]
    return [os.path.realpath(o["path"])
            for o in json.loads(run.stdout)["objects"][1:]]


def main():
    distinct = sys.argv[2] == "--distinct"
    alloccheck = sys.argv[1]
    at_least, *programs = sys.argv[2 + distinct:]
    seen = set()
    compared = wrong = 0
    for program in programs:
        program = os.path.realpath(program)
        if not is_dynamic(program):
            continue
        expected = by_loader(program)
        if expected is None or distinct and tuple(expected) in seen:
            continue
        seen.add(tuple(expected))
        compared += 1
        found = by_scan(alloccheck, program)
        if found != expected:
            wrong = 1
            print("%s\n  ld.so %s\n  scan  %s" % (program, expected, found))
    print("%d programs compared" % compared)
    return wrong or compared < int(at_least)


if __name__ == "__main__":
    sys.exit(main())
