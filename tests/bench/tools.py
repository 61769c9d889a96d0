# SPDX-License-Identifier: MIT
"""What a program is run under: nothing, an empty library, alloccheck at its
levels, and what a user would take instead."""
import glob
import os
import re
import shlex
import shutil
import struct
import subprocess


def find_library(soname):
    """Its path, as the loader would find it, or None."""
    path = os.environ.get("PATH", "") + ":/sbin:/usr/sbin"
    out = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True,
                         env={"PATH": path}, check=False).stdout
    for line in out.splitlines():
        if line.split()[:1] == [soname] and "x86-64" in line:
            return line.split()[-1]
    return None


class Tool:
    """NAME, with what it adds to the environment and to the command."""
    most_rounds = 1000
    compiled = None     # of pairs.c, another program
    why_not = None      # it cannot be had here
    ours = False

    def __init__(self, name, preload=None, **variables):
        self.name, self.preload, self.variables = name, preload, variables

    def environment(self, allocator, folder):
        """ALLOCATOR is what stands behind it in LD_PRELOAD, or None."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("LD_", "ALLOCCHECK", "MALLOC", "GLIBC_"))}
        chain = [p for p in (self.preload, allocator) if p]
        if chain:
            env["LD_PRELOAD"] = ":".join(chain)
        env.update({k: v.replace("FOLDER", folder)
                    for k, v in self.variables.items()})
        return env

    def command(self, command):
        return command

    def was_there(self, folder):
        """Did the tool do its work?  A cheap row may be an absent tool."""
        return True


class Level(Tool):
    """alloccheck itself.  A report is left even of nothing."""
    ours = True

    def __init__(self, name, library, options):
        super().__init__(name, library)
        self.options = options
        if not os.path.exists(library):
            self.why_not = "not built"

    def environment(self, allocator, folder):
        env = super().environment(allocator, folder)
        env["ALLOCCHECK_OPTIONS"] = ":".join(
            o for o in ("log_empty=1", "log_path=" + folder + "/reports",
                        self.options) if o)
        return env

    def was_there(self, folder):
        return bool(glob.glob(folder + "/reports/**/*", recursive=True))


class Heaptrack(Tool):
    """Its preload library alone, which writes a file: the script would count
    the compressor's time too.  It takes LD_PRELOAD from children, so the
    command must be the program itself."""

    def __init__(self):
        library = "/usr/lib/heaptrack/libheaptrack_preload.so"
        super().__init__("heaptrack", library,
                         DUMP_HEAPTRACK_OUTPUT="FOLDER/heaptrack.%p")
        if not os.path.exists(library):
            self.why_not = "no heaptrack here (Debian package heaptrack)"

    def was_there(self, folder):
        return any(os.path.getsize(f) > 2000
                   for f in glob.glob(folder + "/heaptrack.*"))


class Memcheck(Tool):
    """With the synonym without which it replaces every malloc by its own and
    cannot see two allocators."""
    most_rounds = 1

    def __init__(self):
        super().__init__("memcheck")
        if not shutil.which("valgrind"):
            self.why_not = "no valgrind here"

    def command(self, command):
        return ["valgrind", "-q", "--trace-children=yes", "--leak-check=no",
                "--soname-synonyms=somalloc=nouserintercepts"] + command


class Asan(Tool):
    """A build of its own; so only of what is compiled here."""

    def __init__(self, cc, source, folder):
        super().__init__("ASan", ASAN_OPTIONS="detect_leaks=0")
        self.compiled = folder + "/pairs-asan"
        out = subprocess.run(
            [cc, "-O2", "-fno-builtin", "-fno-optimize-sibling-calls",
             "-fno-omit-frame-pointer", "-fsanitize=address", "-o",
             self.compiled, source, "-lpthread", "-lstdc++"],
            capture_output=True, text=True, check=False)
        if out.returncode:
            self.why_not = "%s -fsanitize=address does not work" % cc


class Counted(Tool):
    """A program's own instructions in user space, under another tool; no
    children's.  By the processor where it counts them for us, else by
    cachegrind without its cache."""
    by_processor = ["perf", "stat", "-x,", "-e", "instructions:u"]
    by_valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no",
                   "--cachegrind-out-file=/dev/null",
                   "--log-file=%q{BENCH_COUNT}"]
    # Nothing that is drawn anew each time.
    always = {"PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0"}

    def __init__(self, tool, how):
        super().__init__(tool.name)
        self.tool, self.how, self.ours = tool, how, tool.ours

    @classmethod
    def how_here(cls):
        """"perf", "valgrind" or None."""
        if shutil.which("perf"):
            out = subprocess.run(cls.by_processor + ["true"],
                                 capture_output=True, text=True, check=False)
            if out.returncode == 0 and out.stderr[:1].isdigit():
                return "perf"
        return "valgrind" if shutil.which("valgrind") else None

    def environment(self, allocator, folder):
        return dict(self.tool.environment(allocator, folder),
                    BENCH_COUNT=folder + "/count", **self.always)

    def command(self, command):
        if self.how == "valgrind":
            return self.by_valgrind + command
        return ["sh", "-c", 'exec "$@" -o "$BENCH_COUNT" -- ' + " ".join(
            shlex.quote(c) for c in command), "sh"] + self.by_processor

    def count(self, folder):
        """Of the run that has ended, or None."""
        with open(folder + "/count", encoding="utf-8") as f:
            text = f.read()
        pattern = r"^([0-9]+)," if self.how == "perf" else \
            r"I +refs: +([0-9,]+)"
        found = re.findall(pattern, text, re.M)
        return int(found[0].replace(",", "")) if len(found) == 1 else None

    def was_there(self, folder):
        return self.tool.was_there(folder)


class Calls(Tool):
    """How often a program asks for memory."""

    def __init__(self, args):
        super().__init__("calls", args.build + "/tests/bench/.libs/calls.so",
                         BENCH_CALLS="FOLDER/calls", **Counted.always)

    def count(self, folder):
        with open(folder + "/calls", "rb") as f:
            return struct.unpack("=Q", f.read(8))[0]


def preloaded(name, soname, package, **variables):
    library = find_library(soname)
    tool = Tool(name, library, **variables)
    if not library:
        tool.why_not = "no %s here (Debian package %s)" % (soname, package)
    return tool


def levels(args):
    """The levels that this alloccheck has."""
    library = args.build + "/lib/preload/.libs/liballoccheck.so"
    with open(args.source + "/lib/contract/options.def", encoding="utf-8") as f:
        has_levels = "CHOICE(level," in f.read()
    if has_levels:
        more = ":" + args.options if args.options else ""
        return [Level(name, library, "level=" + name + more)
                for name in ("guard", "caller", "full")]
    return [Level("caller", library, "stacks=caller:free_stacks=caller"),
            Level("full", library, "")]


def all_tools(args, folder):
    cc = os.environ.get("CC", "cc").split()[0]
    return ([Tool("none"),
             Tool("empty", args.build + "/tests/bench/.libs/empty.so")] +
            levels(args) +
            [Heaptrack(), Memcheck(),
             Asan(cc, args.source + "/tests/bench/pairs.c", folder),
             preloaded("MALLOC_CHECK_", "libc_malloc_debug.so.0", "libc6",
                       MALLOC_CHECK_="3"),
             preloaded("tcmalloc debug", "libtcmalloc_minimal_debug.so.4",
                       "libtcmalloc-minimal4")])
