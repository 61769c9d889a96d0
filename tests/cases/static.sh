#!/bin/sh
# SPDX-License-Identifier: MIT
# An allocator that is linked into the program and exported: everybody uses it,
# and all of its own calls are seen, though no slot leads there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
need_archives
source=$top_srcdir/tests/programs/linked.c
own=$top_srcdir/tests/programs/own-malloc.c

# check FAMILY: ./program is right, and what is wrong is found.
check()
{
	work_unchanged
	expect_provider "$1" static all program
	# Libraries use it too.
	run_alloccheck --log-empty=1 ./program take
	expect_clean
	run_alloccheck --log-empty=1 ./program give
	expect_clean
	run_plain ./program twice
	plain=$status
	run_alloccheck --log-empty=1 ./program twice
	if [ "$1" = other ]; then
		# Functions that nobody knows may have handed it out in between.
		expect_status "$plain"
		[ "$plain" != 0 ] || expect_findings --unknown=1
	else
		expect_status 99
		expect_findings "T22 verdict=double-free owner=$1 freer=$1
			api=free alloc~linked_malloc free~linked_free
			first~linked_free"
	fi
	# Without detours only what comes by slots is seen, and the report says
	# so.
	run_alloccheck --detours=0 --log-empty=1 ./program work
	expect_status 0
	expect_same plain.out
	expect_provider "$1" static part program
}

# expect_title TITLE: what the allocator in ./program is called in sentences.
expect_title()
{
	run_alloccheck --log-empty=1 ./program work
	json
	grep -q "\"how\":\"static\"[^}]*\"title\":\"$1\"" findings.json ||
		fail "another title than $1"
}

for pie in -pie -no-pie; do
	link program $pie "$source" "$jemalloc_a"
	check jemalloc
	strip program
	check other
	expect_title 'jemalloc by its strings'
done
link program -DFOUR "$source" "$own"
check other
expect_title 'an allocator not known by name'
link program "$source" "$tcmalloc_a"
check tcmalloc
strip program
check other
expect_title 'gperftools tcmalloc by its strings'

# The endbr64 at each entry stays where it is.
link program -DFOUR -fcf-protection=full "$source" "$own"
objdump -d program --disassemble=malloc | grep -q endbr64 ||
	fail "no endbr64 in it"
check other

# C++: operator new is the allocator's own, fails, throws, and calls handlers
# that jump out of it.
for family in jemalloc tcmalloc; do
	eval "a=\$${family}_a"
	$CXX -std=gnu++17 -g -o program "$top_srcdir/tests/programs/throws.cc" \
		"$a" -lm -ldl -lpthread >cc.log 2>&1 ||
		fail "the compiler: $(cat cc.log)"
	nm -D program | grep -q 'T _Znwm' || fail "not $family's operator new"
	run_alloccheck --log-empty=1 ./program 300 jump
	expect_clean
	expect_provider $family static all program
	! is_hooked program || continue
	run_alloccheck ./program 30 bad
	expect_status 99
	expect_findings "* severity=error owner=$family freer=glibc api=free
		count=1 size=60 allocapi=malloc alloc~throws_bad() free~throws_bad()"
done
