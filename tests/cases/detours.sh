#!/bin/sh
# SPDX-License-Identifier: MIT
# Detours where they are hard to get: while eight threads run, where the kernel
# does not let code be written, beside a debugger.  What cannot be seen is said,
# and nobody dies of it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
own=$top_srcdir/tests/programs/own-malloc.c
plug=$top_srcdir/tests/programs/plug.c

echo '{ global: plug_*; local: *; };' >hide.map
for n in 1 2 3 4 5 6 7 8 9; do
	link plug$n.so -shared -fPIC "$plug" "$own" -Wl,--version-script=hide.map
done
run_alloccheck --log-empty=1 "$programs/storm" 20 ./plug?.so
expect_clean
expect_provider other hidden all plug9.so
# Loads are noticed at the next one, when threads have been running the plugin
# for a while: only what a single store can change is changed.
run_alloccheck --watch-loads=0 --log-empty=1 "$programs/storm" 2 ./plug?.so
expect_status 0
json
grep -q 'single store' findings.json || fail "nothing was refused"
for n in 1 2 3 4 5 6 7 8 9; do
	link plug$n.so -shared -fPIC -DPATCHABLE "$plug" "$own" \
		-Wl,--version-script=hide.map
done
run_alloccheck --watch-loads=0 --log-empty=1 "$programs/storm" 2 ./plug?.so
expect_status 0
json
grep -q 'detours in [1-9]' findings.json || fail "no detour at all"

# The kernel refuses.
link program -DFOUR "$top_srcdir/tests/programs/linked.c" "$own"
for how in seccomp mdwe; do
	run_plain "$programs/no-exec" $how ./program work
	[ "$status" != 77 ] || continue
	expect_status 0
	mv out plain.out
	run_alloccheck --log-empty=1 "$programs/no-exec" $how ./program work
	expect_status 0
	expect_same plain.out
	expect_findings --unknown=0
	"$alloccheck" report --format=json "$reports"/program* >findings.json
	grep -q 'the kernel does not let code be' findings.json ||
		fail "$how: it does not say that the kernel refused"
done
# It would kill: nothing is tried after the program has said so.
run_plain "$programs/no-exec" deadly ./plug1.so
if [ "$status" != 77 ]; then
	expect_status 0
	run_alloccheck --log-empty=1 "$programs/no-exec" deadly ./plug1.so
	expect_status 0
	expect_same out
	expect_provider other hidden part plug1.so
	grep -q 'restricted its own' findings.json || fail "it does not say why"
fi

# gdb: its breakpoint is hit, again and again, and the program ends well.
command -v gdb >/dev/null || skip "no gdb here (Debian package gdb)"
gdb -nx -batch -ex 'set breakpoint pending on' -ex 'set confirm off' \
	-ex "set exec-wrapper env 'LD_PRELOAD=$preload_library' \
'ALLOCCHECK_OPTIONS=log_path=$work/gdb:log_empty'" \
	-ex 'break malloc' -ex 'ignore 1 10' -ex run -ex backtrace \
	-ex 'delete' -ex continue -args ./program work >out 2>err </dev/null ||
	fail "gdb"
grep -q '^#0 .*malloc' out || fail "the breakpoint was not hit"
grep -q 'linked: still alive' out || fail "the program did not end well"
reports=$work/gdb
expect_provider other static part program
grep -q 'debugger' findings.json || fail "it does not say why"
