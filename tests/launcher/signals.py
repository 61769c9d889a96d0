# SPDX-License-Identifier: MIT
"""Signals through the launcher: passed on, swallowed, inherited; job control.

Called by signals.sh with the launcher as its argument."""
import os
import pty
import select
import signal
import subprocess
import sys
import time

LAUNCHER = sys.argv[1]
PYTHON = sys.executable


def check(condition, *what):
    if not condition:
        sys.exit(" ".join(str(w) for w in what))


def start(code, **kwargs):
    """The launcher with CODE as its program; waits for its first line."""
    p = subprocess.Popen([LAUNCHER, "-q", PYTHON, "-c", code],
                         stdout=subprocess.PIPE, **kwargs)
    check(p.stdout.readline() == b"ready\n", "the program did not start")
    return p


# What is sent to the launcher alone comes to the program, once.
COUNT = """
import os, signal, time
got = []
def note(sig, frame): got.append(sig)
signals = %r
for s in signals: signal.signal(s, note)
signal.signal(signal.SIGTERM, lambda s, f: (print(got, flush=True), os._exit(5)))
print("ready", flush=True)
while True: time.sleep(60)
"""
sent = [int(s) for s in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                         signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
                         signal.SIGWINCH, signal.SIGRTMIN + 3)]
p = start(COUNT % sent)
for s in sent:
    os.kill(p.pid, s)
    time.sleep(0.1)
os.kill(p.pid, signal.SIGTERM)
out = p.stdout.read().decode()
check(p.wait() == 5, "SIGTERM: status", p.returncode)
check(eval(out) == sent, "sent", sent, "and it got", out)

# Signals keep their deadly meaning: by default they end both.
for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    p = start("import time; print('ready', flush=True); time.sleep(60)")
    os.kill(p.pid, s)
    check(p.wait() == -s, s, "status", p.returncode)

# A timer that was set before the launcher was started.
p = subprocess.run([PYTHON, "-c", "import os, signal, sys;"
                    "signal.setitimer(signal.ITIMER_REAL, 0.3);"
                    "os.execv(sys.argv[1], sys.argv[1:])",
                    LAUNCHER, "-q", "sleep", "20"])
check(p.returncode == -signal.SIGALRM, "alarm: status", p.returncode)

# Masks and dispositions are those that the launcher was started with.
STATUS = ["grep", "-E", "^Sig(Blk|Ign)|^ShdPnd|^NoNewPrivs|^CapEff",
          "/proc/self/status"]


def odd():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK,
                           [signal.SIGUSR1, signal.SIGCHLD, signal.SIGTERM])


for setup in (None, odd):
    direct = subprocess.run(STATUS, preexec_fn=setup, stdout=subprocess.PIPE)
    through = subprocess.run([LAUNCHER, "-q"] + STATUS, preexec_fn=setup,
                             stdout=subprocess.PIPE)
    check(direct.stdout == through.stdout, direct.stdout, through.stdout)
    check(through.returncode == 0, "status", through.returncode)

# The process group is the caller's.
p = subprocess.run([LAUNCHER, "-q", PYTHON, "-c",
                    "import os; print(os.getpgrp())"], stdout=subprocess.PIPE)
check(int(p.stdout) == os.getpgrp(), "another process group")


# From the terminal: Ctrl-C reaches the program once, and the launcher waits
# for what it makes of it; Ctrl-Z stops both, and fg continues both.
pending = b""


def read_until(fd, text, seconds=20):
    """Reads up to TEXT; what came behind it is for the next call."""
    global pending
    end = time.time() + seconds
    while text not in pending:
        check(time.time() < end and
              select.select([fd], [], [], end - time.time())[0],
              "waited for", text, "and saw", pending)
        pending += os.read(fd, 1024)
    pending = pending.partition(text)[2]


def states_of_children(pid):
    """Their states as /proc has them: "T" is stopped."""
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        stats = [open(f"/proc/{c}/stat").read() for c in children.read().split()]
    return "".join(s.rpartition(")")[2].split()[0] for s in stats)


TTY = """
import os, signal, sys, time
n = 0
# Not print: the handler may come while the program is inside it.
def say(text): os.write(1, text.encode() + b"\\n")
def note(s, f):
    global n
    n += 1
    say("int %d" % n)
signal.signal(signal.SIGINT, note)
signal.signal(signal.SIGQUIT, lambda s, f: (say("quit"), os._exit(n + 40)))
signal.signal(signal.SIGCONT, lambda s, f: say("cont"))
say("ready")
while True: time.sleep(60)
"""
shell, terminal = pty.fork()
if shell == 0:
    # A shell with job control, as far as it is needed.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(LAUNCHER, [LAUNCHER, "-q", PYTHON, "-c", TTY])
    for _ in range(2):
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        # Both have stopped: the launcher and the program.
        print("stopped", states_of_children(job), flush=True)
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)
    print("ended", os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)
read_until(terminal, b"ready")
os.write(terminal, b"\x03")
read_until(terminal, b"int 1")
os.write(terminal, b"\x1a")
read_until(terminal, b"stopped T")
read_until(terminal, b"cont")
os.write(terminal, b"\x03")
read_until(terminal, b"int 2")
time.sleep(0.2)
os.write(terminal, b"\x1c")
read_until(terminal, b"ended 42")
os.waitpid(shell, 0)

# Stopped and continued by its process ID, behind the launcher's back.
p = start("import os, time; print('ready', flush=True); print(os.getpid(),"
          "flush=True); time.sleep(1); print('done', flush=True)")
child = int(p.stdout.readline())
os.kill(child, signal.SIGSTOP)
time.sleep(0.3)
os.kill(child, signal.SIGCONT)
check(p.stdout.read() == b"done\n" and p.wait() == 0, "never came back")
