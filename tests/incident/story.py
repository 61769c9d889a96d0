#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the report of the engine: what was found, in which order, by which
threads, from where.

    story.py FILE STORY READER

FILE holds what `alloccheck report --format=json` printed.  STORY is

    quiet       never armed
    twin        armed, no fork
    window      armed and forking: frees meet the window
    abort       the same, stopped at the first error
    reverse     armed and forking: a block of the window is freed after it

READER is the allocator family that reads the malloc hooks.
"""
import json
import re
import sys

CODES = {
    "quiet": ["T12"],
    "twin": ["T12", "T14"],
    "window": ["T12", "T14", "T13"],
    "abort": ["T12", "T14", "T13"],
    "reverse": ["T14", "T13"],
}
wrong = 0


def check(what, is_so):
    global wrong
    if not is_so:
        print("not so:", what)
        wrong = 1


def functions(side):
    return [f.get("function") or "" for f in (side or {}).get("stack", [])]


def check_crossing(f, owner, freer, alloc, free):
    """OWNER's block was freed to FREER; the functions of both stacks."""
    check(f["code"] + " is a block of " + owner,
          f["owner"]["family"] == owner)
    check(f["code"] + " reached " + freer, f["freer"]["family"] == freer)
    for side, names in ("allocation", alloc), ("deallocation", free):
        for name in names:
            check("%s: %s in the %s stack %s"
                  % (f["code"], name, side, functions(f.get(side))),
                  name in functions(f.get(side)))


def changes(events, variable, old, new):
    """The times at which VARIABLE went from OLD to NEW."""
    return [e["time"] for e in events if e["kind"] == "hook" and
            e["text"].startswith(variable + " of ") and
            e["text"].endswith(": from %s to %s" % (old, new))]


def check_window(events, found):
    """Fork, hook away, finding: in this order, by different threads."""
    noted = [e for e in events if e["kind"] == "fork"]
    forks = [e for e in noted if " took " not in e["text"]]
    back = [e for e in noted if " took " in e["text"]]
    aborted = found["action"] == "abort"
    check("forks are in the timeline", len(forks) >= (1 if aborted else 4))
    check("fork() was called by the engine",
          all(e["text"].startswith("fork() called by engine+")
              for e in noted))
    check("each fork says how long it took, and which child it made",
          aborted or len(back) == len(forks) and all(
              re.search(r" took [0-9]+ us, child [0-9]+$", e["text"])
              for e in back))
    check("T13 names the thread in fork, and since when",
          found["fork"]["thread"] == forks[0]["thread"] and
          0 < found["fork"]["since"] < 60)
    check("one thread forks", len({e["thread"] for e in forks}) == 1)
    check("another one frees", found["thread"] != forks[0]["thread"])
    for entry in "malloc", "free":
        variable = "__%s_hook" % entry
        jemalloc = entry + " of libjemalloc.so.2"
        away = changes(events, variable, jemalloc, "NULL")
        check(variable + " went away after the fork began, before the finding",
              away and forks[0]["time"] < away[0] <= found["time"])
        if not aborted:
            back = changes(events, variable, "NULL", jemalloc)
            check(variable + " came back",
                  any(t > found["time"] for t in back))


def main():
    path, story, reader = sys.argv[1:4]
    report = json.load(open(path, encoding="utf-8"))
    events = [e for e in report["events"]
              if e["kind"] not in ("provider", "finding")]
    found = sorted(report["findings"], key=lambda f: f["time"])
    by = {f["code"]: f for f in found}
    for e in sorted(events + found, key=lambda e: e["time"]):
        print("%.6f thread %d: %s" % (e["time"], e["thread"], e.get("text")
              or " ".join((e["code"], e["api"], "count=%d" % e["count"],
                           "action=" + e["action"]))))
    codes = [f["code"] for f in found]
    check("findings %s, in this order: %s" % (CODES[story], codes),
          codes == CODES[story])
    if wrong:
        return 1
    for f in found:
        check(f["code"] + " has its severity",
              f["severity"] == ("error" if f["code"] == "T13" else "latent"))
        check(f["code"] + " has its action", f["action"] ==
              ("caller" if f["code"] == "T14" else
               "abort" if f["code"] == "T13" and story == "abort" else
               "owner"))
    if "T12" in by:
        check_crossing(by["T12"], "jemalloc", reader,
                       ["worker"], ["plugin_free", "worker"])
    if "T14" in by:
        check("T14 is malloc_trim of glibc, called by main",
              by["T14"]["api"] == "malloc_trim" and
              by["T14"]["freer"]["family"] == "glibc" and
              by["T14"]["thread"] == 1 and by["T14"]["count"] == 1 and
              "main" in functions(by["T14"]["deallocation"]))
    if story in ("window", "abort"):
        check_crossing(by["T13"], "jemalloc", reader,
                       ["worker"], ["plugin_free", "worker"])
        check_window(events, by["T13"])
    elif story == "reverse":
        check_crossing(by["T13"], "glibc", "jemalloc",
                       ["plugin_alloc", "before_fork"],
                       ["plugin_free", "main"])
        check("each block of a window", by["T13"]["count"] == 4)
    else:
        check("no hook went away",
              not changes(events, "__free_hook", "free of libjemalloc.so.2",
                          "NULL"))
    return wrong


if __name__ == "__main__":
    sys.exit(main())
