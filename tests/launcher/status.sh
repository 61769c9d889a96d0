#!/bin/sh
# SPDX-License-Identifier: MIT
# The exit status is the program's own, whatever it is; the launcher's own
# ones are those of env and timeout.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
. "$top_srcdir/tests/launcher/library.sh"

for n in 0 1 2 99 125 126 127 255; do
	run_launcher sh -c "exit $n"
	expect_status $n
done

# Died by a signal: so does the launcher, and leaves no core of its own.
ulimit -c unlimited 2>/dev/null || :
for sig in TERM KILL SEGV ABRT HUP INT QUIT PIPE ALRM USR1 RTMIN; do
	run_launcher sh -c "ulimit -c 0; kill -$sig \$\$"
	expect_status $((128 + $(kill -l $sig 2>/dev/null || echo 34)))
	grep -q '^alloccheck: nothing ' err || fail "$sig: $(cat err)"
done
$PYTHON3 - "$alloccheck" <<'END' || fail "not by the same signal"
import signal, subprocess, sys
for sig in signal.SIGSEGV, signal.SIGINT, signal.SIGKILL, signal.SIGRTMAX:
    ran = subprocess.run([sys.argv[1], "-q", "python3", "-c",
                          "import os, signal, resource;"
                          "resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
                          "signal.signal(signal.SIGINT, signal.SIG_DFL);"
                          f"os.kill(os.getpid(), {int(sig)})"])
    if ran.returncode != -sig:
        sys.exit(f"{sig}: {ran.returncode}")
END
set -- core*
[ ! -e "$1" ] || fail "the launcher left a core: $1"

# Programs that cannot be started.
run_launcher "$work/none"
expect_status 127
[ "$(cat err)" = "alloccheck: $work/none: no such program: give its path, or \
put its folder into PATH" ] || fail "$(cat err)"
run_launcher none-of-that-name
expect_status 127
run_launcher ''
expect_status 127
run_launcher "$work"
expect_status 126
grep -q 'is a folder' err || fail "$(cat err)"
echo 'echo ran' >plain
run_launcher ./plain
expect_status 126
grep -q 'not executable for this user' err || fail "$(cat err)"
# As execvp has it: no #! line, so the shell reads it.
chmod +x plain
run_launcher ./plain
expect_status 0
[ "$(cat out)" = ran ] || fail "$(cat out)"
# PATH: what cannot be run is passed over, an empty entry is the folder here.
mkdir one two
cp plain two/tool && : >one/tool
PATH=one:two:$PATH run_launcher tool
expect_status 0
PATH=one run_launcher tool >/dev/null 2>&1 || :
PATH=:$PATH run_launcher plain
expect_status 0

# Closed descriptors stay closed, and none is left open.
"$alloccheck" -q ls /proc/self/fd >fds <&- 2>&- || :
ls /proc/self/fd >expected <&- 2>&- || :
cmp -s fds expected || fail "descriptors: $(cat fds)"
"$alloccheck" -q ls /proc/self/fd >fds || fail "ls"
ls /proc/self/fd >expected
cmp -s fds expected || fail "descriptors: $(cat fds)"
