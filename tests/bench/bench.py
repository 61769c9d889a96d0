#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What alloccheck costs, and what others do: `make bench' runs this.

    bench.py [OPTIONS] BUILD-TREE SOURCE-TREE

Each work is run in turn under each tool, round after round, so that what the
machine does meanwhile falls on all alike; works of one thread stay on one
processor.  A ratio is that of medians to the same work without a tool, of the
same rounds.  The table has the worst rows first; all single results go to a
CSV file in the folder results, are compared with those of the last run, and
drawn as pictures.
"""
import argparse
import csv
import glob
import math
import os
import random
import platform
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import instructions
import pictures
import tools as tools_
import works as works_

# Ratios that are to be reached: tight pairs, the mean of real programs, the
# worst of them.
TARGETS = {"guard": (1.3, 1.02, 1.05), "caller": (2.0, 1.10, 1.25),
           "full": (2.5, 1.25, 1.6)}
ALLOCATORS = [("ptmalloc", None), ("jemalloc", "libjemalloc.so.2"),
              ("tcmalloc", "libtcmalloc_minimal.so.4")]


class Bench:
    allocators = ALLOCATORS

    def __init__(self, args):
        self.args = args
        self.results = {}       # (allocator, work, tool): values
        self.sizes = {}         # the same: KiB
        self.said = []          # what could not be had, and why
        self.units = {}
        self.real = set()
        self.list = []          # rows of the CSV

    def say(self, text):
        if text not in self.said:
            self.said.append(text)
            print("bench: " + text, flush=True)

    # ------------------------------------------------------------- running

    def measure(self, allocator, preload, work, tools, folder):
        outputs = {}
        tools = [t for t in tools if self.fits(t, allocator, work)]
        # Once for nothing: who comes first pays for what the machine has
        # forgotten of the work.  After that nobody is first in each round.
        with tempfile.TemporaryDirectory(dir=folder) as own:
            try:
                _, _, outputs[work.name] = work.run(tools[0], preload, own)
            except (works_.Failed, OSError, ValueError):
                pass            # it is said below
        for n in range(self.args.rounds):
            order = list(tools)
            random.Random(n).shuffle(order)
            for tool in order:
                if n >= min(tool.most_rounds, self.args.rounds):
                    continue
                with tempfile.TemporaryDirectory(dir=folder) as own:
                    try:
                        value, size, out = work.run(tool, preload, own)
                        if not tool.was_there(own):
                            raise works_.Failed("it recorded nothing")
                        if out != outputs.setdefault(work.name, out):
                            raise works_.Failed("the output is another")
                    except (works_.Failed, OSError, ValueError) as error:
                        self.say("%s under %s: %s" % (work.name, tool.name,
                                                      error))
                        tools.remove(tool)
                        continue
                self.note(allocator, work, tool, n, value, size)

    def fits(self, tool, allocator, work):
        if tool.compiled:       # it brings its own allocator
            return allocator == "ptmalloc" and work.unit == "ns"
        if tool.name in ("MALLOC_CHECK_", "tcmalloc debug"):
            return allocator == "ptmalloc"
        return True

    def note(self, allocator, work, tool, n, value, size):
        key = (allocator, work.name, tool.name)
        self.results.setdefault(key, []).append(value)
        self.sizes.setdefault(key, []).append(size)
        self.units[work.name] = work.unit
        self.list.append([allocator, work.name, tool.name, n + 1, work.unit,
                          "%.6g" % value, size])

    def run(self, folder):
        tools = []
        for tool in tools_.all_tools(self.args, folder):
            if tool.name in self.args.without:
                continue
            if tool.why_not:
                self.say("%s: %s" % (tool.name, tool.why_not))
            else:
                tools.append(tool)
        self.tools = tools
        loops = works_.loops(self.args.build, self.args.quick)
        programs = works_.programs(folder, 1 if self.args.quick else 10)
        self.real = {w.name for w in programs if w.name != "python3 starts"}
        for name, soname in ALLOCATORS:
            if name not in self.args.allocators:
                continue
            preload = tools_.find_library(soname) if soname else None
            if soname and not preload:
                self.say("no %s here" % soname)
                continue
            for work in loops + (programs if not soname else []):
                if self.args.only and not any(
                        o in work.name for o in self.args.only):
                    continue
                if work.why_not:
                    self.say("%s: %s" % (work.name, work.why_not))
                    continue
                self.progress("%s, %s" % (name, work.name))
                self.measure(name, preload, work, tools, folder)
        self.progress("")

    def progress(self, text):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + text)
            sys.stderr.flush()
        elif text and self.args.loud:
            sys.stderr.write("%s %s\n" % (time.strftime("%T"), text))

    # ------------------------------------------------------------- results

    def ratio(self, allocator, work, tool):
        base = self.results.get((allocator, work, "none"))
        here = self.results.get((allocator, work, tool))
        if not base or not here:
            return None
        # Nothing that is measured in jiffies is exact below.
        return statistics.median(here) / max(statistics.median(base), 1e-9)

    def within(self, allocator, work, tool):
        """The median of the ratios within a round each: what a machine that
        changes its speed from round to round moves less."""
        base = self.results.get((allocator, work, "none"))
        here = self.results.get((allocator, work, tool))
        if not base or not here or len(base) != len(here):
            return None
        return statistics.median(h / max(b, 1e-9)
                                 for h, b in zip(here, base))

    def spread(self, key):
        """Half of the distance between the quartiles, as a part of the
        median."""
        values = self.results[key]
        if len(values) < 2:
            return None
        low, middle, high = statistics.quantiles(values, n=4)
        return (high - low) / 2 / middle if middle else None

    def rows(self, allocator):
        """Works, the worst for our most exact level first."""
        names = list(dict.fromkeys(w for a, w, _ in self.results
                                   if a == allocator))
        return sorted(names, key=lambda w: -(
            self.ratio(allocator, w, "full") or 0))

    def mean(self, tool, allocator="ptmalloc"):
        ratios = [self.ratio(allocator, w, tool) for w in sorted(self.real)]
        ratios = [r for r in ratios if r]
        if not ratios:
            return None
        return math.exp(sum(map(math.log, ratios)) / len(ratios))

    def cell(self, work, tool, ratio):
        if ratio is None:
            return "-"
        limit = TARGETS.get(tool)
        missed = limit and (
            ratio > limit[2] if work in self.real
            else work.startswith("tight") and ratio > limit[0])
        return ("%.2f" % ratio if ratio < 10 else "%.1f" % ratio) + (
            "!" if missed else "")

    def table(self):
        names = [t.name for t in self.tools if t.name != "none"]
        widths = [max(len(n), 6) for n in names]
        for allocator, _ in ALLOCATORS:
            works = self.rows(allocator)
            if not works:
                continue
            print("\n%-20s %9s       %s" % (allocator, "none", "  ".join(
                n.rjust(w) for n, w in zip(names, widths))))
            for work in works:
                key = (allocator, work, "none")
                if key not in self.results:
                    continue
                base = statistics.median(self.results[key])
                if self.units[work] == "s":
                    text = "%7.0f ms" % (base * 1000)
                else:
                    text = "%7.1f ns" % base
                spread = self.spread(key)
                print("%-20s %s %4s  %s" % (
                    work, text,
                    "+-%.0f%%" % (100 * spread) if spread is not None else "",
                    "  ".join(self.cell(work, n, self.ratio(
                        allocator, work, n)).rjust(w)
                              for n, w in zip(names, widths))))
            means = [self.mean(n, allocator) for n in names]
            if any(means):
                print("%-20s %9s       %s" % (
                    "mean of programs", "", "  ".join(
                        ("-" if m is None else "%.2f%s" % (
                            m, "!" if n in TARGETS and m > TARGETS[n][1]
                            else "")).rjust(w)
                        for m, n, w in zip(means, names, widths))))
        print("\nRatios of medians to none (its median and spread are in the "
              "first column);\n! is above the target.  Loops: ns of CPU time "
              "for a malloc and its free.")

    def pairs(self):
        """The same by what the tools did in the same round."""
        if self.args.rounds < 5:
            return
        names = [t.name for t in self.tools if t.name != "none"]
        print("\nMedians of the ratios within a round: where the machine "
              "changes its speed\nbetween rounds, the medians above may be of "
              "different speeds.")
        for allocator, _ in ALLOCATORS:
            works = self.rows(allocator)
            if works:
                print("\n%-20s %s" % (allocator, "  ".join(
                    n.rjust(max(len(n), 6)) for n in names)))
            for work in works:
                print("%-20s %s" % (work, "  ".join(
                    self.cell(work, n, self.within(allocator, work, n)).rjust(
                        max(len(n), 6)) for n in names)))

    def resident(self):
        """Peak resident size, where it matters: many live blocks."""
        names = [t.name for t in self.tools]
        print("\nresident MiB         " + "  ".join(n.rjust(max(len(n), 6))
                                                   for n in names))
        for allocator, work, _ in dict.fromkeys(
                (a, w, "") for a, w, _ in self.results
                if a == "ptmalloc" and (w in self.real or "churn" in w)):
            print("%-20s " % work + "  ".join(
                ("%.0f" % (statistics.median(
                    self.sizes[allocator, work, n]) / 1024)
                 if (allocator, work, n) in self.sizes else "-")
                .rjust(max(len(n), 6)) for n in names))

    def write(self):
        """The CSV; returns the path of the one before it, or None."""
        os.makedirs(self.args.results, exist_ok=True)
        old = sorted(glob.glob(self.args.results + "/*.csv"))
        path = "%s/%s.csv" % (self.args.results,
                              time.strftime("%Y%m%d-%H%M%S"))
        with open(path, "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(["commit", "allocator", "work", "tool", "round",
                          "unit", "value", "rss_kib"])
            for row in self.list:
                out.writerow([self.commit] + row)
        print("\nresults in " + path)
        return old[-1] if old else None

    def compare(self, path):
        """With the run before: ratios that differ by more than both spread."""
        before = {}
        with open(path, encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f):
                before.setdefault((row["allocator"], row["work"],
                                   row["tool"]), []).append(
                                       float(row["value"]))
                commit = row["commit"]
        changed = []
        for key in self.results:
            base = key[:2] + ("none",)
            if key == base or key not in before or base not in before or \
                    base not in self.results:
                continue
            old = statistics.median(before[key]) / max(
                statistics.median(before[base]), 1e-9)
            new = self.ratio(*key)
            noise = (self.spread(key) or 0) + (self.spread(base) or 0)
            if abs(new / old - 1) > max(0.05, 2 * noise):
                changed.append("  %-10s %-20s %-14s %.2f, was %.2f" % (
                    key + (new, old)))
        print("compared with %s (commit %s): %s" % (
            os.path.basename(path), commit,
            "no ratio moved beyond the noise" if not changed else ""))
        print("\n".join(changed))

    # ------------------------------------------------------------ pictures

    def draw(self):
        folder = self.args.results
        notes = [self.machine, "commit %s" % self.commit]
        table = []
        for tool in self.tools:
            mean = self.mean(tool.name)
            if mean and tool.name != "none":
                table.append((tool.name, mean, [
                    (w, self.ratio("ptmalloc", w, tool.name))
                    for w in sorted(self.real)
                    if self.ratio("ptmalloc", w, tool.name)]))
        if table:
            pictures.rows(folder + "/tools.svg",
                          "What real programs pay: geometric mean, and each",
                          notes, table)
        self.draw_lines(folder + "/threads.svg", "tight, %s threads",
                        "What a malloc and its free cost, by threads",
                        "threads", [(1, "tight")], (2, 4, 8, 16))
        self.draw_lines(folder + "/live.svg", "churn, %s live",
                        "What a malloc and its free cost, by live blocks",
                        "blocks that are live", [],
                        (1000, 10000, 100000, 1000000))

    def draw_lines(self, path, name, title, across, first, rest):
        points = first + [(x, name % x) for x in rest]
        series = []
        for tool in self.tools:
            line = [(x, statistics.median(
                self.results["ptmalloc", work, tool.name]))
                    for x, work in points
                    if ("ptmalloc", work, tool.name) in self.results]
            if len(line) > 1 and tool.name != "memcheck":
                series.append((tool.name, line))
        if series:
            pictures.lines(path, title,
                           [self.machine, "commit %s; glibc's malloc" %
                            self.commit],
                           across, "ns of CPU time", series)

    # ------------------------------------------------------------ the rest

    def describe(self):
        model = "unknown processor"
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            for line in f:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
        self.machine = "%s, %d CPUs, Linux %s, %s" % (
            model, os.cpu_count(), platform.release(),
            " ".join(platform.libc_ver()))
        self.commit = subprocess.run(
            ["git", "-C", self.args.source, "describe", "--always",
             "--dirty"], capture_output=True, text=True,
            check=False).stdout.strip() or "unknown"
        print("machine  %s\nload     %s (1 minute, at the start)\n"
              "commit   %s\nrounds   %d" % (
                  self.machine, "%.1f" % os.getloadavg()[0], self.commit,
                  self.args.rounds), flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description="What alloccheck costs, and what others do.")
    parser.add_argument("build")
    parser.add_argument("source")
    parser.add_argument("--rounds", type=int, help="7, or quick 1")
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of each work")
    parser.add_argument("--only", metavar="WORK,...", default="",
                        help="works whose names have one of these in them")
    parser.add_argument("--without", metavar="TOOL,...", default="")
    parser.add_argument("--allocators", default="ptmalloc,jemalloc,tcmalloc")
    parser.add_argument("--options", default="",
                        help="more options for alloccheck's own levels: age=1")
    parser.add_argument("--results", default="bench-results")
    parser.add_argument("--loud", action="store_true",
                        help="say what is being run")
    parser.add_argument("--instructions", action="store_true",
                        help="count instructions and time nothing")
    parser.add_argument("--programs", action="store_true",
                        help="with --instructions: of real programs, not of a "
                        "malloc and its free")
    args = parser.parse_args()
    for name in ("build", "source", "results"):
        setattr(args, name, os.path.abspath(getattr(args, name)))
    for name in ("only", "without", "allocators"):
        setattr(args, name, [x for x in getattr(args, name).split(",") if x])
    args.rounds = args.rounds or (1 if args.quick else 7)
    return args


def main():
    bench = Bench(arguments())
    bench.describe()
    with tempfile.TemporaryDirectory() as folder:
        if bench.args.instructions:
            if bench.args.programs:
                instructions.of_programs(bench, folder)
            else:
                instructions.of_pairs(bench, folder)
            return
        bench.run(folder)
    if not bench.results:
        sys.exit("bench: nothing was run")
    bench.table()
    bench.pairs()
    bench.resident()
    before = bench.write()
    if before:
        bench.compare(before)
    bench.draw()


if __name__ == "__main__":
    main()
