#!/bin/sh
# SPDX-License-Identifier: MIT
# mismatch=api says of each allocation and each release what AddressSanitizer
# says of the same program, under each allocator; without it nothing is said.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc
want_mimalloc
need_command jq

source=$top_srcdir/tests/programs/mismatch.cc
flags='-std=c++17 -g -O1 -w -fno-builtin -fno-optimize-sibling-calls'
# shellcheck disable=SC2086
$CXX $flags -c -o mismatch.o "$source" >cc.log 2>&1 || fail "$(cat cc.log)"
$CXX -o plain mismatch.o >cc.log 2>&1 || fail "$(cat cc.log)"
# Its allocator is all that is asked, so the code need not be compiled for it.
$CXX -fsanitize=address -o asan mismatch.o >cc.log 2>&1 ||
	fail "no AddressSanitizer: $(cat cc.log)"

ASAN_OPTIONS=detect_leaks=0:symbolize=0 ./asan all >all 2>err
grep 'ERROR: AddressSanitizer: ' err |
	grep -v 'alloc-dealloc-mismatch\|new-delete-type-mismatch' &&
	fail "AddressSanitizer has something else to say"
[ "$(wc -l <all)" = 81 ] || fail "not 81 pairs"
grep wrong all | sort >expected
[ "$(wc -l <expected)" -gt 40 ] && [ "$(wc -l <expected)" -lt 70 ] ||
	fail "$(wc -l <expected) of 81 are wrong"

for preload in '' "$jemalloc" "$tcmalloc" $mimalloc; do
	run_preloaded mismatch=api ./plain all
	expect_status 0
	json
	jq -r '.findings[] | select(.code == "T20" and .count == 1 and
		.verdict == "alloc-dealloc-mismatch") |
		[([.allocation.stack[].function | strings |
		   select(startswith("from_"))] | first | .[5:]),
		 ([.deallocation.stack[].function | strings |
		   select(startswith("by_"))] | first | .[3:]), "wrong"] |
		join(" ")' findings.json | sort >found
	diff expected found >err || fail "not as AddressSanitizer${preload:+ \
under $preload}"
	[ "$(jq '.findings[].code' findings.json | wc -l)" = \
		"$(wc -l <expected)" ] || fail "other findings too"
	run_alloccheck --log-empty --mismatch=api ./plain library
	expect_clean
done
preload=
run_alloccheck --log-empty ./plain new free
expect_clean
run_alloccheck --mismatch=api --on-error=abort ./plain new free
expect_status 134
run_alloccheck --mismatch=api ./plain new wrong_size
expect_status 99
grep -q 'was asked for 48 bytes, and .* was told 56' err || fail "no sizes"
run_alloccheck --mismatch=api --stacks=caller ./plain malloc delete
expect_findings "T20 slug=wrong-function severity=error allocapi=malloc
	api=_ZdlPv owner=glibc"
