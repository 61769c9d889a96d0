# SPDX-License-Identifier: MIT
"""What is run: loops of malloc and free, and real programs."""
import os
import shutil
import socket
import subprocess
import time

PYTHON = """
import json
data = [{"n": i, "t": "x" * (i %% 99), "l": [i] * 5} for i in range(%d)]
for i in range(6):
    assert json.loads(json.dumps(data)) == data
    "".join(sorted(str(d) for d in data))
print(len(data))
"""

SQL = """
create table t (a integer primary key, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < %d)
    insert into t select i, printf('%%08x', i * 7919) from n;
create index tb on t (b);
select count(*), sum(length(b)) from t where b like '%%7f%%';
select length(group_concat(b)) from (select b from t order by b desc limit 5000);
update t set b = b || 'z' where a %% 3 = 0;
select count(distinct substr(b, 3)) from t;
"""

CXX = """
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>
std::size_t f(std::vector<std::string> &s)
{
    std::map<std::string, std::vector<int>> m;
    for (auto &x : s)
        m[x].push_back(x.size());
    std::sort(s.begin(), s.end(), [](auto &a, auto &b) { return b < a; });
    std::cout << s.front() << m.size();
    return m.size();
}
"""

CXX_SHORT = """
#include <vector>
std::size_t f(std::vector<int> &v)
{
    v.push_back(1);
    return v.size();
}
"""

PERL = """
my %%h;
push @{ $h{ $_ %% 4999 } }, "value $_" for 1 .. %d;
my $n = 0;
for my $k (sort keys %%h) { $n += length join ",", map { "$_;" } @{ $h{$k} } }
print "$n\\n";
"""

AWK = """
BEGIN {
    for (i = 1; i <= %d; i++) {
        k = sprintf("%%05d", (i * 7919) %% 30011)
        seen[k] = seen[k] substr("abcdefghij", i %% 9 + 1)
        if (length(seen[k]) > 99) { n += split(seen[k], part, "c"); seen[k] = k }
    }
    for (k in seen) n += length(seen[k])
    print n
}
"""

NODE = """
const rows = [];
for (let i = 0; i < %d; i++)
    rows.push({ n: i, t: Buffer.alloc(200, i %% 99).toString("hex") });
let n = 0;
for (let i = 0; i < 4; i++)
    n += JSON.parse(JSON.stringify(rows)).map(r => r.t.length)
        .reduce((a, b) => a + b, 0);
console.log(n, require("zlib").deflateSync(JSON.stringify(rows)).length > 9);
"""


class Failed(Exception):
    """A run that ended otherwise than it must."""


class Usage:
    """Of a process and its children: CPU seconds, and the largest resident
    size, in KiB."""

    def __init__(self, process, limit, what):
        end = time.monotonic() + limit
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                process.kill()
                os.wait4(process.pid, 0)
                process.returncode = -9
                raise Failed("%s: not done after %d s" % (what, limit))
            time.sleep(0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed("%s: status %d" % (what, process.returncode))
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = usage.ru_maxrss


def start(command, env, cpus, out):
    def pin():
        os.sched_setaffinity(0, cpus)
    return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                            stdout=out, stderr=subprocess.STDOUT,
                            preexec_fn=pin)


class Work:
    """A command.  The time is its CPU time, or what it prints."""
    limit = 900

    def __init__(self, name, command, unit="s", threads=1):
        self.name, self.command, self.unit = name, command, unit
        self.threads = threads
        self.why_not = None
        if not shutil.which(command[0]):
            self.why_not = "no %s here" % command[0]

    def run(self, tool, allocator, folder):
        """Returns (time, KiB, what it printed)."""
        command = list(self.command)
        if tool.compiled:
            command[0] = tool.compiled
        cpus = sorted(os.sched_getaffinity(0))
        if self.threads == 1:
            cpus = cpus[-1:]
        with open(folder + "/out", "w+b") as out:
            process = start(tool.command(command),
                            tool.environment(allocator, folder), cpus, out)
            usage = Usage(process, self.limit, command[0])
            out.seek(0)
            text = out.read()
        if self.unit == "ns":
            return float(text.split()[-1]), usage.rss, b""
        return usage.cpu, usage.rss, text


class Redis(Work):
    """The server's CPU time for what redis-benchmark asks of it, over
    loopback; its start and end are in it."""

    def __init__(self, requests):
        super().__init__("redis-server", ["redis-server"])
        self.requests = requests
        if not shutil.which("redis-benchmark"):
            self.why_not = "no redis-benchmark here"

    def talk(self, port, line):
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(line + b"\r\n")
            return s.recv(100)

    def ask(self, port):
        subprocess.run(
            ["redis-benchmark", "-p", str(port), "-q", "-n",
             str(self.requests), "-c", "20", "-P", "16", "-t",
             "set,get,incr,lpush,rpop,sadd,hset,zadd,mset"],
            check=True, capture_output=True, timeout=self.limit)

    def run(self, tool, allocator, folder):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        cpus = sorted(os.sched_getaffinity(0))
        with open(folder + "/out", "w+b") as out:
            server = start(tool.command(
                ["redis-server", "--port", str(port), "--bind", "127.0.0.1",
                 "--save", "", "--dir", folder]),
                tool.environment(allocator, folder), cpus[-1:], out)
            try:
                self.wait_for(server, port)
                if self.requests:
                    self.ask(port)
                self.talk(port, b"SHUTDOWN NOSAVE")
            except (OSError, subprocess.SubprocessError) as error:
                server.kill()
                server.wait()
                raise Failed("redis: %s" % error) from error
            usage = Usage(server, 60, "redis-server")
        return usage.cpu, usage.rss, b""

    def wait_for(self, server, port):
        for _ in range(600):
            try:
                if self.talk(port, b"PING").startswith(b"+PONG"):
                    return
            except OSError:
                pass
            if server.poll() is not None:
                raise OSError("it did not start")
            time.sleep(0.1)
        raise OSError("it does not answer")


def loops(build, quick):
    """Loops of malloc and free; of those named threads and live, a picture is
    drawn."""
    pairs = build + "/tests/bench/pairs"
    k = 1 if quick else 20
    works = []

    def add(name, *args, threads=1):
        works.append(Work(name, [pairs] + [str(a) for a in args], "ns",
                          threads))
    add("tight", "tight", 100000 * k)
    add("tight, 16 deep", "tight", 50000 * k, 16)
    add("new and delete", "new", 100000 * k)
    add("realloc", "realloc", 50000 * k)
    add("grow", "grow", 25000 * k)
    for threads in (2, 4, 8, 16):
        add("tight, %d threads" % threads, "tight", 100000 * k, 0, threads,
            threads=threads)
    for threads in (2, 8):
        add("pass on, %d threads" % threads, "pass", 50000 * k, 0, threads,
            threads=threads)
    for live in (1000, 10000, 100000, 1000000):
        if not quick or live <= 10000:
            add("churn, %d live" % live, "churn", 50000 * k, 0, live)
    return works


def programs(folder, k, source=None):
    """K is their length, 10 the full one, 0 nothing but start and end; SOURCE
    is for the compilers, which do not go by K."""

    def put(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    works = [
        Work("python3 starts", ["/usr/bin/python3", "-c", "pass"]),
        Work("python3", ["/usr/bin/python3", put("a.py", PYTHON % (2000 * k))]),
        Work("perl", ["perl", put("a.pl", PERL % (30000 * k))]),
        Work("sqlite3", ["sqlite3", ":memory:",
                         ".read " + put("a.sql", SQL % (15000 * k))]),
        Work("awk", ["awk", "-f", put("a.awk", AWK % (60000 * k))]),
        Work("node", ["node", put("a.js", NODE % (2000 * k)),
                      ], threads=2),
        Redis(1000 * k if k < 10 else 50000),
    ]
    works += compilers(folder, put("a.cc", CXX if source is None else source))
    return works


def compilers(folder, source):
    """The compilers proper: a tool that does not follow children would see
    the driver alone."""
    works = []
    text = folder + "/a.ii"
    if shutil.which("g++"):
        subprocess.run(["g++", "-E", "-o", text, source], check=True)
        cc1 = subprocess.run(["g++", "-print-prog-name=cc1plus"],
                             capture_output=True, text=True,
                             check=True).stdout.strip()
        works.append(Work("gcc (cc1plus)",
                          [cc1, "-quiet", "-O1", "-fpreprocessed", text, "-o",
                           folder + "/a.s"]))
    else:
        works.append(Work("gcc (cc1plus)", ["g++"]))
    # One process: its driver calls the compiler in itself.
    works.append(Work("clang", ["clang++", "-O1", "-S", "-o",
                                folder + "/b.s", source]))
    return works
