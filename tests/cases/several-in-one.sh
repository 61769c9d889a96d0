#!/bin/sh
# SPDX-License-Identifier: MIT
# Two allocators in one program, or in one plugin: each is known by its names,
# and blocks that go from the one to the other are found (T4, T3).  Two names
# of one allocator are not two allocators.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
need_archives
need_command jq
source=$top_srcdir/tests/programs/linked.c
own=$top_srcdir/tests/programs/own-malloc.c
prefix_jemalloc "$jemalloc_a" prefixed.a
prefix_jemalloc "$jemalloc_pic" prefixed_pic.a

for bare in other tcmalloc; do
	[ $bare = other ] && with="-DFOUR $own" || with=$tcmalloc_a
	# shellcheck disable=SC2086
	link program -DOWN_PREFIX=je_ "$source" prefixed.a $with
	work_unchanged
	expect_findings --unknown=0
	expect_families program jemalloc $bare
	run_alloccheck ./program own_to_plain
	expect_status 99
	expect_findings "T4 slug=api-mismatch owner=jemalloc freer=$bare
		api=free allocapi=je_malloc count=1 alloc~linked_malloc
		free~main"
	run_alloccheck ./program plain_to_own
	expect_status 99
	expect_findings "T4 owner=$bare freer=jemalloc api=je_free
		allocapi=malloc count=1 alloc~main free~linked_free"
done

# In a plugin, both hidden.
echo '{ global: plug_*; local: *; };' >hide.map
link plug.so -shared -fPIC -DOWN_PREFIX=je_ \
	"$top_srcdir/tests/programs/plug.c" prefixed_pic.a "$own" \
	-Wl,-u,je_malloc,-u,je_free,-u,je_mallctl \
	-Wl,--version-script=hide.map
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384
export GLIBC_TUNABLES
run_plain "$programs/engine" own ./plug.so
if [ "$status" = 0 ]; then
	run_alloccheck --log-empty=1 "$programs/engine" own ./plug.so
	expect_clean
	expect_families plug.so jemalloc other
	run_alloccheck "$programs/engine" cross ./plug.so
	expect_status 99
	expect_findings "T3 owner=glibc freer=other api=free
		alloc~engine_alloc free~plug_free"
	run_alloccheck "$programs/engine" back ./plug.so
	expect_status 99
	expect_findings "T3 owner=other freer=glibc api=free
		alloc~plug_malloc free~engine_free"
fi

# Two names of one.
for how in -DDIRECTLY -DBY_POINTER; do
	link program $how -DOWN_PREFIX=je_ "$source" prefixed.a \
		"$top_srcdir/tests/programs/glue.c"
	for crossing in work own_to_plain plain_to_own; do
		run_alloccheck --log-empty=1 ./program $crossing
		expect_clean
		[ $how = -DBY_POINTER ] || expect_families program jemalloc
		# What goes by unseen is unknown then, and accuses nobody.
		run_alloccheck --log-empty=1 --detours=0 ./program $crossing
		expect_status 0
		json
		jq -e '.findings == []' findings.json >/dev/null ||
			fail "a finding, without detours"
	done
done

# In a library that is preloaded, where the one name calls the other by a slot.
for how in -DDIRECTLY -DBY_POINTER; do
	link library.so -shared -fPIC $how "$top_srcdir/tests/programs/glue.c" \
		-Wl,--whole-archive prefixed_pic.a -Wl,--no-whole-archive
	preload=$PWD/library.so
	for level in guard caller full; do
		run_alloccheck --level=$level --log-empty=1 \
			"$programs/misuse" none
		expect_status 0
		expect_findings --unknown=0
		run_alloccheck --level=$level --log-empty=1 sort \
			"$top_srcdir/COPYING"
		expect_status 0
		expect_findings --unknown=0
	done
	expect_families library.so jemalloc
	run_alloccheck "$programs/misuse" double
	expect_status 99
	expect_findings "T22 verdict=double-free owner=jemalloc"
done
