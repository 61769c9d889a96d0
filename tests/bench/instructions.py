# SPDX-License-Identifier: MIT
"""What alloccheck costs in instructions, which a busy machine does not change:
of a malloc and its free, and of real programs."""
import concurrent.futures
import math
import os
import subprocess
import tempfile

import tools as tools_
import works as works_

LENGTH = 2      # of the programs, of 10


def of_pairs(bench, folder):
    """Of one pair, exact whatever else the machine does: what two runs of
    different length differ by."""
    callgrind = ["valgrind", "--tool=callgrind",
                 "--callgrind-out-file=/dev/null"]
    tools = [t for t in tools_.all_tools(bench.args, folder)
             if t.name in ("none", "empty") or t.ours]
    loops = [("tight", ["tight"], []), ("tight, 16 deep", ["tight"], ["16"]),
             ("new and delete", ["new"], []),
             ("malloc, realloc, free", ["realloc"], []),
             ("pass on", ["pass"], ["0", "2"]),
             ("churn, 1000 live", ["churn"], ["0", "1000"])]
    print("\ninstructions of a malloc and its free\n%-28s %s" % ("", "  ".join(
        t.name.rjust(7) for t in tools)))
    for name, soname in bench.allocators:
        preload = tools_.find_library(soname) if soname else None
        if name not in bench.args.allocators or (soname and not preload):
            continue
        for loop, before, after in loops:
            if bench.args.only and not any(o in loop
                                           for o in bench.args.only):
                continue
            cells = []
            for tool in tools:
                counts = []
                for n in (20000, 60000):
                    out = subprocess.run(
                        callgrind + [bench.args.build + "/tests/bench/pairs"] +
                        before + [str(n)] + after, capture_output=True,
                        text=True, check=False,
                        env=tool.environment(preload, folder))
                    counts += [int(line.split(":")[1])
                               for line in out.stderr.splitlines()
                               if "Collected :" in line]
                cells.append("%7.0f" % ((counts[1] - counts[0]) / 40000)
                             if len(counts) == 2 else "      -")
            print("%-28s %s" % (name + ", " + loop, "  ".join(cells)),
                  flush=True)


def of_programs(bench, folder):
    """Of real programs, and what each asks for memory.  Start and end are taken
    off, by a run that does nothing else, and shown apart."""
    how = tools_.Counted.how_here()
    if not how:
        bench.say("nothing here counts instructions: neither the processor "
                  "(perf stat) nor valgrind")
        return
    print("counted by " + (
        "the processor (perf stat -e instructions:u)" if how == "perf" else
        "valgrind (cachegrind without a cache): perf has no such counter here"))
    tools = [tools_.Counted(t, how)
             for t in tools_.all_tools(bench.args, folder)
             if t.name == "none" or t.ours] + [tools_.Calls(bench.args)]
    levels = [t.name for t in tools if t.ours]
    print("\n%-14s %8s %8s  %s  %s  %s" % (
        "", "none, M", "asks/M", " ".join("%7s" % n for n in levels),
        "more for each ask".center(20), "more to start, M".center(20)),
          flush=True)
    ratios = {n: [] for n in levels}
    # Side by side: that does not change what they do.
    with concurrent.futures.ThreadPoolExecutor(
            len(os.sched_getaffinity(0))) as pool:
        runs = [(pair[0].name, [[pool.submit(one_run, bench, work, tool, folder)
                                 for tool in tools] for work in pair])
                for pair in both_lengths(bench, folder)]
        for name, pair in runs:
            start, whole = ({t.name: r.result() for t, r in zip(tools, results)}
                            for results in pair)
            # What could not be counted has been said.
            if None in list(start.values()) + list(whole.values()):
                continue
            more = {n: start[n] - start["none"] for n in levels}
            work = {n: whole[n] - start[n] for n in whole}
            for n in levels:
                ratios[n].append(work[n] / work["none"])
            print("%-14s %8.1f %8.1f  %s  %s  %s" % (
                name, work["none"] / 1e6, work["calls"] * 1e6 / work["none"],
                " ".join("%7.3f" % ratios[n][-1] for n in levels),
                " ".join("%6.0f" % ((work[n] - work["none"]) /
                                    max(work["calls"], 1)) for n in levels),
                " ".join("%6.1f" % (more[n] / 1e6) for n in levels)),
                  flush=True)
    if all(ratios.values()):
        print("%-14s %8s %8s  %s" % (
            "geometric mean", "", "", " ".join(
                "%7.3f" % math.exp(sum(map(math.log, r)) / len(r))
                for r in ratios.values())))


def both_lengths(bench, folder):
    """Pairs of the same work, of no length and of some."""
    pairs = []
    for k, source in ((0, ""), (1 if bench.args.quick else LENGTH,
                                works_.CXX_SHORT)):
        own = os.path.join(folder, str(k))
        os.mkdir(own)
        pairs.append(works_.programs(own, k, source))
    for pair in zip(*pairs):
        work = pair[0]
        if work.name == "python3 starts" or bench.args.only and not any(
                o in work.name for o in bench.args.only):
            continue
        if work.why_not:
            bench.say("%s: %s" % (work.name, work.why_not))
            continue
        for each in pair:
            each.threads = 2    # no processor is kept for it
        yield pair


def one_run(bench, work, tool, folder):
    """What TOOL counted of WORK, or None, and then it is said why."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        try:
            work.run(tool, None, own)
            if not tool.was_there(own):
                raise works_.Failed("it recorded nothing")
            count = tool.count(own)
            if not count:
                raise works_.Failed("nothing was counted")
            return count
        except (works_.Failed, OSError, ValueError) as error:
            bench.say("%s under %s, counted: %s" % (work.name, tool.name,
                                                    error))
            return None
