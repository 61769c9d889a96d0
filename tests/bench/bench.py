#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What alloccheck costs: `make bench` runs this from the build tree.

    bench.py BUILD-TREE SOURCE-TREE [ROUNDS [NAME...]]

Each workload is run in turn without a preload library, with an empty one and
with alloccheck at its levels, ROUNDS times over, so that what the machine
does meanwhile falls on all alike.  Shown: the median without us, and for each
of the others the ratio of its median to that, with the ratios of its
quartiles to it.  Small ones print nanoseconds per malloc and free (thread
CPU time), real ones are seconds of CPU time with all children.
"""
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 7
NAMES = sys.argv[4:]
LIBRARY = BUILD + "/lib/preload/.libs/liballoccheck.so"
EMPTY = BUILD + "/tests/bench/.libs/empty.so"
PAIRS = BUILD + "/tests/bench/pairs"

# What stands in LD_PRELOAD before the allocator, and the options.
VARIANTS = [
    ("none", None, ""),
    ("empty", EMPTY, ""),
    ("full", LIBRARY, ""),
    ("caller", LIBRARY, "stacks=caller:free_stacks=caller"),
    ("no stacks", LIBRARY, "stacks=none:free_stacks=none"),
]

SMALL = [
    ("tight", ["tight", "4000000"]),
    ("tight, 16 deep", ["tight", "2000000", "16"]),
    ("churn of 10^6", ["churn", "1000000"]),
    ("churn, 16 deep", ["churn", "1000000", "16"]),
    ("grow to 10^6", ["grow", "1000000"]),
]

PYTHON = """
import json
data = [{"n": i, "t": "x" * (i % 99), "l": [i] * 5} for i in range(20000)]
for i in range(6):
    assert json.loads(json.dumps(data)) == data
    "".join(sorted(str(d) for d in data))
"""

SQL = """
create table t (a integer primary key, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000)
    insert into t select i, printf('%08x', i * 7919) from n;
create index tb on t (b);
select count(*), sum(length(b)) from t where b like '%7f%';
select group_concat(b) from (select b from t order by b desc limit 5000);
update t set b = b || 'z' where a % 3 = 0;
select count(distinct substr(b, 3)) from t;
"""

CXX = """
#include <map>
#include <regex>
#include <string>
#include <vector>
int f(const std::string &s)
{
    std::map<std::string, std::vector<int>> m;
    m[s].push_back(7);
    return std::regex_match(s, std::regex("a+b")) + m.size();
}
"""

PERL = """
my %h;
push @{ $h{ $_ % 4999 } }, "value $_" for 1 .. 300000;
my $n = 0;
for my $k (sort keys %h) { $n += length join ",", map { "$_;" } @{ $h{$k} } }
print "$n\\n";
"""


def real(folder):
    """(name, command) of the real programs that are here."""
    def put(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    here = [
        ("python3, json", ["/usr/bin/python3", put("a.py", PYTHON)]),
        ("sqlite3", ["sqlite3", ":memory:", ".read " + put("a.sql", SQL)]),
        ("g++ -O1", ["g++", "-O1", "-c", "-o", folder + "/a.o",
                     put("a.cc", CXX)]),
        ("perl", ["perl", put("a.pl", PERL)]),
    ]
    return [(n, c) for n, c in here if shutil.which(c[0])]


def environment(preload, options, allocator, folder):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("LD_", "ALLOCCHECK", "MALLOC"))}
    chain = [p for p in (preload, allocator) if p]
    if chain:
        env["LD_PRELOAD"] = ":".join(chain)
    if preload == LIBRARY:
        env["ALLOCCHECK_OPTIONS"] = ":".join(
            o for o in ("log_path=" + folder, options) if o)
    return env


def run_small(args, env):
    out = subprocess.run([PAIRS] + args, env=env, check=True,
                         capture_output=True, text=True)
    return float(out.stdout)


def run_real(command, env):
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit("bench: %s: status %d" % (command[0], child.returncode))
    return usage.ru_utime + usage.ru_stime


def measure(run, what, allocator, folder):
    times = {v[0]: [] for v in VARIANTS}
    for _ in range(ROUNDS):
        for name, preload, options in VARIANTS:
            times[name].append(
                run(what, environment(preload, options, allocator, folder)))
    return times


def row(name, times, unit):
    base = statistics.median(times["none"])
    cells = []
    for variant, _, _ in VARIANTS[1:]:
        t = times[variant]
        low, _, high = statistics.quantiles(t, n=4) if len(t) > 1 else t * 3
        cells.append("%5.2f (%4.2f-%4.2f)" % (
            statistics.median(t) / base, low / base, high / base))
    low, _, high = (statistics.quantiles(times["none"], n=4)
                    if ROUNDS > 1 else times["none"] * 3)
    print("%-16s %8.2f %s +-%2.0f%%  %s" % (
        name, base, unit, 50 * (high - low) / base, "  ".join(cells)),
        flush=True)


def counted(env, args):
    """User instructions of a run, by perf or else callgrind; or None."""
    if shutil.which("perf"):
        out = subprocess.run(
            ["perf", "stat", "-x,", "-e", "instructions:u", "env"] +
            ["%s=%s" % (k, env[k]) for k in env
             if k in ("LD_PRELOAD", "ALLOCCHECK_OPTIONS")] +
            [PAIRS] + args, capture_output=True, text=True, check=False)
        for line in out.stderr.splitlines():
            first = line.split(",")[0]
            if "instructions" in line and first.isdigit():
                return int(first)
    if shutil.which("valgrind"):
        out = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
             PAIRS] + args, env=env, capture_output=True, text=True,
            check=False)
        for line in out.stderr.splitlines():
            if "Collected :" in line:
                return int(line.split(":")[1])
    return None


def instructions(allocator, folder):
    print("%-16s" % "instructions", end="")
    for name, preload, options in VARIANTS:
        env = environment(preload, options, allocator, folder)
        few = counted(env, ["tight", "50000"])
        many = counted(env, ["tight", "150000"])
        if few is None or many is None:
            print("  cannot be counted here", end="")
            break
        print("  %s %.0f" % (name, (many - few) / 100000), end="")
    print("  per tight pair", flush=True)


def machine():
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    commit = subprocess.run(
        ["git", "-C", SOURCE, "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False).stdout.strip()
    print("machine  %s, %d CPUs, Linux %s, %s %s" % (
        model, os.cpu_count(), platform.release(), *platform.libc_ver()))
    print("commit   %s, %s" % (commit or "unknown",
                               time.strftime("%Y-%m-%d")))
    print("rounds   %d, interleaved; ratios of medians (of quartiles)"
          % ROUNDS)


def find(soname):
    out = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True,
                         text=True, check=False).stdout
    for line in out.splitlines():
        if line.split()[:1] == [soname] and "x86-64" in line:
            return line.split()[-1]
    return None


def main():
    machine()
    allocators = [("ptmalloc", None)]
    jemalloc = find("libjemalloc.so.2")
    if jemalloc:
        allocators.append(("jemalloc", jemalloc))
    with tempfile.TemporaryDirectory() as folder:
        for title, allocator in allocators:
            print("\n%-16s %12s       %s" % (title, "none", "  ".join(
                "%-17s" % v[0] for v in VARIANTS[1:])))
            for name, args in SMALL:
                if not NAMES or name in NAMES:
                    row(name, measure(run_small, args, allocator, folder),
                        "ns")
            for name, command in real(folder):
                if not NAMES or name in NAMES:
                    row(name, measure(run_real, command, allocator, folder),
                        "s ")
            if not NAMES or "instructions" in NAMES:
                instructions(allocator, folder)


if __name__ == "__main__":
    main()
