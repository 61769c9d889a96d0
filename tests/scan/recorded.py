#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does the scan of a process say what the preload library in it recorded?

    recorded.py ALLOCCHECK PRELOAD-LIBRARY LINGER <TABLE

Each line of TABLE is a run: how many findings at least, 0 for none, "-" for
either; what is preloaded, "-" for nothing; and the command.  The process stops
when it is done (linger.c) and is scanned there.  Then the report that it has
left and the scan must agree:

- each allocator of the report is one of the scan's, of the same family, version
  and namespace;
- each object's malloc, realloc, free, new and delete lead to the same one: the
  matrix;
- whoever called the freeing or the allocating function of a finding has that
  call bound, in the scan, to the allocator that the report names.
"""
import concurrent.futures
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ALLOCCHECK, LIBRARY, LINGER = sys.argv[1:4]
CALLS = {"malloc": ("malloc",), "realloc": ("realloc",), "free": ("free",),
         "new": ("_Znwm",), "delete": ("_ZdlPv", "_ZdlPvm")}
# Here the programs call by addresses that dlsym gave them.
BY_ADDRESS = ("T4", "T7", "T9")


class Run:
    """One run, what was wrong with it, and what was compared."""

    def __init__(self, line):
        findings, self.preload, *self.command = shlex.split(line)
        self.least = None if findings == "-" else int(findings)
        self.wrong = []
        self.cells = self.sides = 0

    def check(self, is_so, *text):
        if not is_so:
            self.wrong.append(" ".join(map(str, text)))
        return is_so

    def title(self):
        return " ".join([self.preload] + self.command)

    # ------------------------------------------------------- one process

    def go(self):
        folder = tempfile.mkdtemp(dir=".")
        try:
            self.compare(*self.look(folder))
        except (OSError, ValueError, KeyError) as error:
            self.wrong.append(repr(error))
        shutil.rmtree(folder)
        return self

    def look(self, folder):
        """The scan and the reports of a process."""
        preload = [p for p in (LIBRARY, self.preload, LINGER) if p != "-"]
        reports = os.path.abspath(folder)
        env = dict(os.environ, LD_PRELOAD=":".join(preload),
                   ALLOCCHECK_OPTIONS="log_empty=1:summary=0:log_path=" +
                   reports)
        process = subprocess.Popen(self.command, env=env, cwd=folder,
                                   stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        scan = None
        try:
            if self.check(stops(process), "it did not come to its end"):
                out = subprocess.run(
                    [ALLOCCHECK, "scan", "--format=json", str(process.pid)],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    timeout=60)
                self.check(not out.stderr, out.stderr)
                scan = json.loads(out.stdout)
                os.kill(process.pid, signal.SIGCONT)
                process.wait(20)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        out = subprocess.run([ALLOCCHECK, "report", "--format=json", reports],
                             stdout=subprocess.PIPE, timeout=60)
        return scan, [r for r in map(json.loads, out.stdout.splitlines())
                      if r["process"]["pid"] == process.pid]

    # ---------------------------------------------------------- agreement

    def compare(self, scan, reports):
        if not scan or not self.check(reports, "no report"):
            return
        report = reports[0]
        found = report["findings"]
        if self.least is not None:
            self.check(len(found) >= self.least if self.least else not found,
                       len(found), "findings, not", self.least)
        self.check_allocators(scan, report)
        paths = {p["id"]: os.path.realpath(p["path"])
                 for p in report["providers"]}
        self.check_matrix(scan, report, paths)
        for f in found:
            if f["code"] not in BY_ADDRESS:
                self.check_side(scan, f, "allocation", f["owner"], paths)
                self.check_side(scan, f, "deallocation", f["freer"], paths)
        self.check(self.cells, "nothing was compared")

    def check_allocators(self, scan, report):
        here = {(os.path.realpath(o["path"]), o["family"], o["version"],
                 o["namespace"]) for o in scan["objects"] if o["family"]}
        gone = {os.path.realpath(m["path"]) for m in report["modules"]
                if m["unloaded"]}
        for p in report["providers"]:
            path = os.path.realpath(p["path"])
            row = (path, p["family"], p["version"], p["namespace"])
            self.check(row in here or path in gone,
                       "no such allocator in the scan:", row)

    def check_matrix(self, scan, report, paths):
        for m in report["modules"]:
            if m["unloaded"] or not m["bindings"]:
                continue
            here = [o for o in scan["objects"] if is_same(o, m)]
            if not self.check(here, "no such object in the scan:", m["path"]):
                continue
            for name, provider in m["bindings"].items():
                if provider is None:
                    continue  # not bound yet when it was recorded
                for b in here[0]["bindings"]:
                    if b["name"] in CALLS[name] and b["how"] != "inside":
                        self.check_cell(scan, m, b, paths.get(provider))

    def check_cell(self, scan, module, binding, expected):
        # Of a wrapper (libstdc++'s new) the report has itself, and the scan
        # itself and whom it leads to.
        found = [os.path.realpath(scan["objects"][binding[who]]["path"])
                 for who in ("target", "owner") if binding[who] is not None]
        self.cells += 1
        self.check(expected in found, module["path"], binding["name"],
                   "recorded", expected, "scanned", found)

    def check_side(self, scan, finding, side, provider, paths):
        stack = finding.get(side, {}).get("stack") or []
        if not stack or provider is None:
            return
        module, api = stack[0]["module"], finding[side]["api"]
        found = {os.path.realpath(scan["objects"][b["owner"]]["path"])
                 for o in scan["objects"] for b in o["bindings"]
                 if os.path.realpath(o["path"]) == os.path.realpath(module)
                 and b["name"] == api and b["owner"] is not None}
        expected = paths[provider["provider"]]
        self.sides += 1
        self.check(expected in found, finding["code"], side, module, api,
                   "recorded", expected, "scanned", sorted(found))


def is_same(scanned, module):
    return int(scanned.get("bias", "0"), 16) == int(module["bias"], 16) and \
        os.path.realpath(scanned["path"]) == os.path.realpath(module["path"])


def processes():
    """The ID, the state and the parent of every process."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, encoding="latin-1") as stat:
                    rest = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            yield int(name), rest[0], int(rest[1])


def stops(process):
    """Waits until PROCESS stops itself.  Its children stop too, and go on."""
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        table = list(processes())
        ours = {process.pid}
        for _ in range(4):
            ours |= {pid for pid, _, parent in table if parent in ours}
        for pid, state, _ in table:
            if pid == process.pid and state == "T":
                return True
            if pid in ours and state == "T":
                try:
                    os.kill(pid, signal.SIGCONT)
                except OSError:
                    pass
        time.sleep(0.02)
    return False


def main():
    runs = [Run(line) for line in sys.stdin if line.strip()]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(Run.go, runs))
    for run in runs:
        for text in run.wrong:
            print("%s: %s" % (run.title(), text))
    print("%d processes, %d cells of the matrix, %d sides of findings" %
          (len(runs), sum(r.cells for r in runs), sum(r.sides for r in runs)))
    return any(run.wrong for run in runs)


if __name__ == "__main__":
    sys.exit(main())
