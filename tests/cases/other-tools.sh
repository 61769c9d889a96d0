#!/bin/sh
# SPDX-License-Identifier: MIT
# Other tools in the same process: what they do and what they find stays as it
# is, and nothing is found of a program that does right.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_library eatmydata libeatmydata.so.1 libeatmydata1
need_command valgrind jq fiu-run

# A wrapper that forwards, and one with headers, in front of alloccheck and
# behind it.
sort "$top_srcdir/COPYING" >plain
for wrapper in forward header; do
	for order in "$plugins/$wrapper.so:$preload_library" \
		"$preload_library:$plugins/$wrapper.so"; do
		rm -rf "$reports"
		mkdir "$reports"
		status=0
		env ALLOCCHECK_OPTIONS="log_path=$reports:log_empty=1" \
			LD_PRELOAD="$order" "$programs/misuse" none >out 2>err ||
			status=$?
		expect_clean
		rm -rf "$reports"
		mkdir "$reports"
		env ALLOCCHECK_OPTIONS="log_path=$reports:log_empty=1" \
			LD_PRELOAD="$order" sort "$top_srcdir/COPYING" >out
		expect_same plain
		expect_findings
	done
done

# Tools that take over libc's other functions, in front and behind: nothing is
# found of what is right, and what is wrong is found as without them.
need_foreign
fiu=$(fiu-run -n -x true | sed -n 's/^LD_PRELOAD="\(.*\)" .*/\1/p' | tr ' ' :)
[ "$fiu" ] || fail "what does fiu-run preload?"
FIU_ENABLE= FIU_CTRL_FIFO=$work/fiu
export FIU_ENABLE FIU_CTRL_FIFO
for tool in "$eatmydata" "$fiu"; do
	for order in "$tool:$preload_library:$foreign" \
		"$preload_library:$tool:$foreign" \
		"$preload_library:$foreign:$tool"; do
		for way in own cross; do
			rm -rf "$reports"
			mkdir "$reports"
			status=0
			env ALLOCCHECK_OPTIONS="log_path=$reports:log_empty=1" \
				LD_PRELOAD="$order" "$programs/engine" $way \
				"$plugins/plug.so" deep >out 2>err || status=$?
			expect_status 0
			[ $way = own ] && expect_findings --unknown=0 ||
				expect_findings "T1 owner=$family freer=glibc
					api=free alloc~engine_alloc
					free~plug_free"
		done
	done
done
unset FIU_ENABLE FIU_CTRL_FIFO

# AddressSanitizer: a clean program, and one that it stops, with its message.
cat >asan.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
	char *volatile p = strdup("some text");

	p = realloc(p, 100);
	p[argc > 1 ? 100 : 99] = 1;
	free(p);
	puts(argv[0] ? "well" : "");
	return 0;
}
END
$CC -g -w -fsanitize=address -o asan asan.c >cc.log 2>&1 ||
	fail "no AddressSanitizer: $(cat cc.log)"
run_alloccheck --log-empty ./asan
expect_clean
[ "$(cat out)" = well ] || fail "$(cat out err)"
jq -e '.providers[] | select(.global) | .family == "sanitizer"' findings.json \
	>/dev/null || fail "AddressSanitizer's allocator is not the one in force"
run_plain ./asan x
plain=$status
grep -q 'ERROR: AddressSanitizer: heap-buffer-overflow' err || fail "no fault"
run_alloccheck ./asan x
expect_status "$plain"
grep -q 'ERROR: AddressSanitizer: heap-buffer-overflow' err ||
	fail "AddressSanitizer does not find what it finds alone"
# A child that is built so, of a program that is not.
run_alloccheck sh -c './asan; true'
expect_status 0
[ "$(cat out)" = well ] || fail "a child: $(cat out err)"

# valgrind: one sentence of ours, and none of its own.
run_alloccheck -q valgrind -q "$programs/misuse" none
expect_status 0
[ "$(grep -c '^alloccheck: this runs under valgrind' err)" = 1 ] ||
	fail "not said once: $(cat err)"
grep '^--[0-9]\|^==[0-9]' err && fail "valgrind has something to say"
exit 0
