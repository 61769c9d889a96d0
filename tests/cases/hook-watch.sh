#!/bin/sh
# SPDX-License-Identifier: MIT
# hook_watch=hardware: the report says who wrote __free_hook; the program's own
# SIGTRAP is as it would be without.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
writer=$programs/hook-writer
. "$top_srcdir/tests/incident/readers.sh"

# hooks OPTIONS ARGUMENT: a run; its events of kind hook in the file hooks, a
# line each.
hooks()
{
	run_alloccheck --log-empty=1 --hook-watch=$1 $under "$writer" "$2"
	json
	"$PYTHON3" -c '
import json
for line in open("findings.json"):
    for e in json.loads(line)["events"]:
        if e["kind"] == "hook":
            print(e["thread"], e["text"])' >hooks || fail "no events"
}

# written FUNCTION FROM TO [THREAD [HOOK]]: FUNCTION is said to have written it.
written()
{
	"$PYTHON3" - "$writer" "$@" <<'EOF' || { cat hooks; fail "not said: $*"; }
import re, subprocess, sys

program, function, old, new = sys.argv[1:5]
thread = sys.argv[5] if len(sys.argv) > 5 else "1"
hook = sys.argv[6] if len(sys.argv) > 6 else "free"
for line in subprocess.check_output(["nm", "-S", program], text=True).split("\n"):
    words = line.split()
    if len(words) == 4 and words[3] == function:
        low, size = int(words[0], 16), int(words[1], 16)
pattern = re.compile(r"^(\d+) __" + hook + r"_hook of \S+: from (\S+) to (\S+), "
                     r"written by hook-writer\+(0x[0-9a-f]+)$")
for line in open("hooks"):
    m = pattern.match(line)
    if (m and m[1] == thread and m[2].startswith(old)
            and m[3].startswith(new) and low < int(m[4], 16) < low + size):
        sys.exit(0)
sys.exit(1)
EOF
}

# Nobody reads hooks in a program of today: there is nothing to watch.
under=
run_plain "$top_builddir/tests/incident/hooks-live"
if [ "$status" != 0 ]; then
	hooks hardware write
	expect_status 0
	grep -q 'hardware: nothing here reads malloc hooks' hooks ||
		fail "it is not said that there is nothing to watch"
fi

need_command nm
find_reader || skip "nothing on this system reads malloc hooks"
preload=$debug

# Refused: it is said once, and sampling goes on.
run_plain "$programs/no-perf" true
if [ "$status" = 0 ]; then
	under=$programs/no-perf
	hooks hardware write
	expect_status 0
	[ "$(grep -c 'the kernel does not permit a watchpoint' hooks)" = 1 ] ||
		fail "the refusal is not said once"
	grep -q 'from NULL to hook-writer+0x[0-9a-f]*$' hooks ||
		fail "refused, and not sampled"
	under=
fi

# By default nobody is named.
hooks sample write
expect_status 0
grep -q 'written by hook-writer' hooks && fail "hook_watch=sample knows who wrote"
grep -q 'from NULL to hook-writer+0x[0-9a-f]*$' hooks || fail "not sampled"

hooks hardware write
expect_status 0
if grep -q -e 'not permit a watchpoint' -e 'no watchpoints here' \
	-e 'no perf_event_open' -e 'all in use' hooks; then
	skip "no watchpoints here: $(grep hardware: hooks)"
fi
written write_hook NULL hook-writer
written clear_hook hook-writer NULL

if grep -q 'first thread alone' hooks; then
	echo "$test_name: this kernel watches the first thread alone"
else
	hooks hardware thread
	expect_status 0
	written write_hook NULL hook-writer 2
	written clear_hook hook-writer NULL 2

	# Watchpoints are handed down to forked children.
	hooks hardware child
	expect_status 0
	written write_hook NULL hook-writer 1
	written clear_hook hook-writer NULL 1
fi
hooks hardware malloc
expect_status 0
written write_malloc_hook NULL hook-writer 1 malloc

# Handlers of the program's own.
for what in blocked handler ignored signal; do
	hooks hardware $what
	expect_status 0
	grep -qx 'hook-writer: done' out || fail "$what: not done"
	case $what in
	blocked)
		grep -q 'written by hook-writer' hooks &&
			fail "a writer is named, of a signal that came late"
		grep -q 'from NULL to hook-writer+0x[0-9a-f]*$' hooks ||
			fail "$what: not sampled"
		;;
	handler | ignored)
		written write_hook NULL hook-writer
		written clear_hook hook-writer NULL
		;;
	signal)
		grep -q 'SIGTRAP over by signal' hooks ||
			fail "it is not said that the watch ended"
		grep -q 'written by hook-writer' hooks && fail "the watch did not end"
		;;
	esac
done
hooks hardware die
expect_status 133
exit 0
