# SPDX-License-Identifier: MIT
"""alloccheck in gdb, loaded with the preload library.

    alloccheck who ADDRESS     whose the block is that ADDRESS leads to
    alloccheck findings        what was found so far, and all else of a report

Both are of the process or core that is being debugged.  gdb finds this file by
itself where it is installed under gdb's own prefix; else say `source FILE'.  The
memory is read by `alloccheck report', which is looked for beside the library, in
$ALLOCCHECK and in $PATH; where the kernel lets nobody but gdb read
(kernel.yama.ptrace_scope) it says so.
"""
import os
import re
import shutil
import subprocess

import gdb


def tool():
    """The alloccheck command that belongs to the library."""
    places = [os.environ.get("ALLOCCHECK", "")]
    for objfile in gdb.objfiles():
        name = objfile.filename or ""
        if os.path.basename(name) == "liballoccheck.so":
            folder = os.path.dirname(os.path.realpath(name))
            places += [os.path.join(folder, up, "alloccheck")
                       for up in ("../../../tools", "../../bin",
                                  "../../../bin")]
    places.append(shutil.which("alloccheck") or "")
    for place in places:
        if place and os.access(place, os.X_OK) and os.path.isfile(place):
            return place
    raise gdb.GdbError("no alloccheck command: name it in $ALLOCCHECK")


def target():
    """What is being debugged: a process ID, or a core with its program."""
    text = gdb.execute("info files", to_string=True)
    core = re.search(r"[Cc]ore dump file:\s+[`'](.*?)',", text)
    if core:
        words = [core.group(1)]
        program = gdb.current_progspace().filename
        return words + (["--exe=" + program] if program else [])
    pid = gdb.selected_inferior().pid
    if not pid:
        raise gdb.GdbError("nothing is being debugged")
    return [str(pid)]


def report(*options):
    """Prints what `alloccheck report' says of it, with these options."""
    done = subprocess.run([tool(), "report", *options, *target()],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, check=False)
    gdb.write(done.stdout)


class Alloccheck(gdb.Command):
    """What alloccheck knows of this process or core."""

    def __init__(self):
        super().__init__("alloccheck", gdb.COMMAND_DATA, prefix=True)


class Who(gdb.Command):
    """alloccheck who ADDRESS: whose the block is that ADDRESS leads to, live or
freed, and where it came from.  ADDRESS is any expression."""

    def __init__(self):
        super().__init__("alloccheck who", gdb.COMMAND_DATA,
                         gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("whose? alloccheck who ADDRESS")
        value = int(gdb.parse_and_eval(argument)) & (2 ** 64 - 1)
        report("--who=%#x" % value)


class Findings(gdb.Command):
    """alloccheck findings: the report of this process or core, up to now."""

    def __init__(self):
        super().__init__("alloccheck findings", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        report()


Alloccheck()
Who()
Findings()
