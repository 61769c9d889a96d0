#!/bin/sh
# SPDX-License-Identifier: MIT
# A deep-bound plugin and another allocator in force: every way in which a
# block crosses is one finding, with the names of both sides, and the program
# lives.  The same without deep binding, or without the other allocator, is
# clean.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_tcmalloc
want_mimalloc

# crossing NAME EXPECTED...: deep-bound, with and without a tail call; @ in
# EXPECTED stands for the function that frees, where it is in the stack.
crossing()
{
	name=$1
	shift
	for plug in plug plug-tail; do
		run_alloccheck "$programs/engine" "$name" "$plugins/$plug.so" \
			deep $how
		expect_status 99
		grep -q '^engine: still alive$' out || fail "it did not live"
		case $plug in
		plug) frame=free~plug_free ;;
		plug-tail) frame=free~main ;;
		esac
		expect_findings "$(echo "$*" | sed "s/@/$frame/")"
	done
}

for how in '' lazy; do
	preload=$foreign
	crossing cross "T1 severity=error verdict=cross-allocator count=1
		owner=$family freer=glibc api=free size=100 action=owner
		allocapi=malloc alloc~engine_alloc alloc~main @"
	crossing pointer "T1 owner=$family freer=glibc api=free count=1
		size=100 allocapi=malloc alloc~engine_alloc
		free~plug_free_by_pointer free~main"
	crossing back "T1 owner=glibc freer=$family api=free count=1 size=50
		allocapi=malloc alloc~plug_malloc free~engine_free free~main"
	crossing realloc "T1 owner=$family freer=glibc api=realloc count=1
		size=100 allocapi=malloc alloc~engine_realloc
		free~plug_realloc free~main"
done
how=
for family in tcmalloc mimalloc; do
	eval "preload=\$$family"
	[ "$preload" ] || continue
	crossing cross "T1 owner=$family freer=glibc api=free count=1
		alloc~engine_alloc @"
	crossing back "T1 owner=glibc freer=$family api=free count=1
		alloc~plug_malloc free~engine_free"
	crossing realloc "T1 owner=$family freer=glibc api=realloc count=1
		alloc~engine_alloc free~plug_realloc"
done

# The twins.
for crossing in own cross pointer back realloc; do
	for plug in plug plug-tail; do
		preload=
		run_alloccheck "$programs/engine" $crossing \
			"$plugins/$plug.so" deep
		expect_clean
		preload=$foreign
		run_alloccheck "$programs/engine" $crossing "$plugins/$plug.so"
		expect_clean
	done
done
run_alloccheck "$programs/engine" own "$plugins/plug.so" deep
expect_clean
