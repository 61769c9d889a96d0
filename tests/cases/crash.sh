#!/bin/sh
# SPDX-License-Identifier: MIT
# What a process was at when a signal ended it is in its report; and it ends just
# as it would have, whatever it does with its signals.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command jq
need_foreign
crashes=$programs/crashes

# The program sees the actions that it would see without us.
run_plain "$crashes" actions
expect_status 0
mv out plain
run_alloccheck "$crashes" actions
expect_status 0
expect_same plain
expect_no_report
run_plain "$crashes" altstacks
expect_status 0
mv out plain
for option in --crash=1 --unwinder=fp --hook-watch=hardware; do
	run_alloccheck $option "$crashes" altstacks
	expect_status 0
	expect_same plain
	expect_no_report
done


# Go's runtime asks the kernel: it is to find what it would without us.
for library in "$plugins/go-runtime.so" "$plugins/plug.so"; do
	run_plain "$crashes" kernel "$library"
	expect_status 0
	mv out plain
	run_alloccheck "$crashes" kernel "$library"
	expect_status 0
	[ "$library" = "$plugins/plug.so" ] || expect_same plain
done
grep -q '11: a handler' out || fail "it would have been the same anyway"

# crash FILTER VALUE: what the report says of the crash.
crash()
{
	[ "$(jq -r ".crash$1" findings.json)" = "$2" ] ||
		fail "$way: $1 is $(jq -c ".crash$1" findings.json), not $2"
}

# way, the signal it dies of, and what our record says where there is one.
while read -r way signal recorded; do
	case $way in
	'#'* | '') continue ;;
	esac
	run_plain "$crashes" "$way"
	expect_status $((128 + signal))
	mv out plain
	run_alloccheck "$crashes" "$way"
	expect_status $((128 + signal))
	expect_same plain
	json
	if [ "$recorded" = - ]; then
		crash '' null
		continue
	fi
	crash .signal "$signal"
	[ "$(jq -r .process.status findings.json)" = "$signal" ] ||
		fail "$way: another end"
	jq -e --arg f "$recorded" '.crash.stack | map(.function) | index($f)' \
		findings.json >/dev/null || fail "$way: no $recorded in the stack"
done <<'TABLE'
# way		signal	in
address		11	crash_here
abort		6	main
divide		8	main
illegal		4	main
passed		11	crash_here
altstack	11	overflow
overflow	11	overflow_blocks
overflow-thread	11	overflow_blocks
passed-on	11	crash_here
thread		11	crash_here
TABLE

# By signals that somebody has sent; and where nothing of ours may be.
for way in raise:135 sent:139 nowhere:139 ignored:134 once:139; do
	run_plain "$crashes" "${way%:*}"
	expect_status "${way#*:}"
	mv out plain
	run_alloccheck "$crashes" "${way%:*}"
	expect_status "${way#*:}"
	expect_same plain
done
run_alloccheck "$crashes" nowhere
json
way=nowhere
crash .pc 0x0
crash .stack[1].function main
run_alloccheck "$crashes" sent
json
way=sent
crash .address null
[ "$(jq -r .crash.sender findings.json)" -gt 1 ] || fail "sent by nobody"
run_alloccheck "$crashes" handled
expect_status 0
expect_no_report
run_alloccheck --crash=0 "$crashes" address
expect_status 139
expect_no_report
way=hardware
run_alloccheck --hook-watch=hardware "$crashes" address
expect_status 139
json
crash .signal 11
crash .reason ''

# The end of the stack is told, though it was in code of ours.
way=overflow
run_alloccheck "$crashes" overflow
json
crash .reason "the thread has used its stack up"
way=abort
run_alloccheck "$crashes" passed-on abort
expect_status 134
json
crash .signal 6

# libc dies of a block that is its own: which one it was is said, and not that it
# was under way where that is not known.
way=corrupt
run_alloccheck "$crashes" corrupt
expect_status 134
json
if jq -e '(.crash.api // "") == ""' findings.json >/dev/null; then
	crash .blocks[0].register 'last freed'
else
	crash .blocks[0].register argument
	crash .allocator.family glibc
fi
crash .blocks[0].size 3000
crash .blocks[0].owner.family glibc
jq -e '.crash.blocks[0].allocation.stack | map(.function) |
	index("crash_corrupt")' findings.json >/dev/null || fail "no stack"
"$alloccheck" report "$reports"/* >text || fail "no text"
grep -q '^  last freed a freed block of 3000 bytes\|^  argument ' text ||
	fail "$(cat text)"

# A mix that was let pass, and dies in libc: whose the block is, and from where.
preload=$foreign
run_alloccheck --dispatch=caller "$crashes" mix
expect_status 134
json
way=mix
crash .api __libc_free
crash .allocator.family glibc
crash .blocks[0].register argument
crash .blocks[0].owner.family $family
crash .blocks[0].state live
crash .blocks[0].size 256
jq -e '.crash.blocks[0].allocation.stack | map(.function) |
	index("crash_mix")' findings.json >/dev/null || fail "no stack"
grep -q '^alloccheck: died of signal 6 (SIGABRT), in __libc_free() of' err &&
	grep -q "glibc was at work on memory that is $family's" err ||
	fail "the launcher says nothing of it"
"$alloccheck" report "$reports"/* >text || fail "no text"
grep -q 'died of signal 6 (SIGABRT), in __libc_free() of glibc' text ||
	fail "$(cat text)"
grep -q "glibc was at work on memory that is $family's" text ||
	fail "$(cat text)"
exit 0
