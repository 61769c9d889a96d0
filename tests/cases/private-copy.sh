#!/bin/sh
# SPDX-License-Identifier: MIT
# An allocator that is linked into the program, or into a plugin, and hidden:
# only the object itself uses it (T3).  Found by the full symbol table.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
need_archives
source=$top_srcdir/tests/programs/linked.c
plug=$top_srcdir/tests/programs/plug.c

for family in jemalloc tcmalloc; do
	[ $family = jemalloc ] && a=$jemalloc_a || a=$tcmalloc_a
	link program "$source" "$a" -Wl,--exclude-libs,ALL
	! is_hooked program || continue
	run_alloccheck --log-empty=1 ./program work
	expect_clean
	expect_provider $family hidden all program
	run_alloccheck ./program take
	expect_status 99
	expect_findings "T3 slug=private-copy severity=error owner=glibc
		freer=$family api=free allocapi=malloc count=1 alloc~linked_take
		free~linked_free"
	run_alloccheck ./program give
	expect_status 99
	expect_findings "T3 owner=$family freer=glibc api=realloc
		alloc~linked_malloc free~linked_give"
done

# Under names of its own, and hidden.
prefix_jemalloc "$jemalloc_a" prefixed.a
link program -DOWN_PREFIX=je_ "$source" prefixed.a
run_alloccheck --log-empty=1 ./program work
expect_clean
expect_provider jemalloc hidden all program
run_alloccheck ./program own_to_plain
expect_status 99
expect_findings "T4 slug=api-mismatch owner=jemalloc freer=glibc api=free
	allocapi=je_malloc alloc~linked_malloc free~main"
run_alloccheck ./program plain_to_own
expect_status 99
expect_findings "T4 owner=glibc freer=jemalloc api=je_free allocapi=malloc
	alloc~main free~linked_free"

# A plugin.  jemalloc wants more static thread-local storage than dlopen
# has to give; older loaders cannot be told, so there it is linked.
echo '{ global: plug_*; local: *; };' >hide.map
link plug.so -shared -fPIC "$plug" "$jemalloc_pic" \
	-Wl,--version-script=hide.map
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384
export GLIBC_TUNABLES
engine=$programs/engine
run_plain "$engine" own ./plug.so
if [ "$status" != 0 ]; then
	link engine "$top_srcdir/tests/programs/engine.c" ./plug.so
	engine=./engine
fi
# crossings FILE CODE FAMILY: with a plugin that has its own allocator.
crossings()
{
	run_alloccheck --log-empty=1 "$engine" own "$1"
	expect_clean
	run_alloccheck "$engine" cross "$1"
	expect_status 99
	expect_findings "$2 owner=glibc freer=$3 api=free
		alloc~engine_alloc free~plug_free"
	run_alloccheck "$engine" back "$1"
	expect_status 99
	expect_findings "$2 owner=$3 freer=glibc api=free
		alloc~plug_malloc free~engine_free"
	run_alloccheck "$engine" strdup "$1"
	expect_status 99
	expect_findings "$2 owner=glibc freer=$3 api=free
		alloc~plug_strdup free~plug_free"
	run_alloccheck "$engine" realloc "$1"
	expect_status 99
	expect_findings "$2 owner=glibc freer=$3 api=realloc
		alloc~engine_alloc free~plug_realloc"
}
crossings ./plug.so T3 jemalloc
run_alloccheck --log-empty=1 "$engine" own ./plug.so
expect_provider jemalloc hidden all plug.so
# Loaded deep, it is hidden all the same.
if [ "$engine" != ./engine ]; then
	run_alloccheck "$engine" back ./plug.so deep
	expect_status 99
	expect_findings "T3 owner=jemalloc freer=glibc api=free
		alloc~plug_malloc free~engine_free"
fi

# Exported, and bound when it was linked.
link plug.so -shared -fPIC "$plug" "$jemalloc_pic" -Wl,-Bsymbolic
[ "$engine" != ./engine ] ||
	link engine "$top_srcdir/tests/programs/engine.c" \
		-Wl,--no-as-needed -lc ./plug.so
is_hooked plug.so || crossings ./plug.so T2 jemalloc
run_alloccheck --log-empty=1 "$engine" own ./plug.so
expect_provider jemalloc shared all plug.so
# tcmalloc, which is written in C++: with the runtime in it, too, since Debian's
# archive is not for libraries.
linked_engine=$engine
engine=$programs/engine
link plug.so -shared -fPIC "$plug" "$tcmalloc_a" "$runtime_a" \
	-Wl,--version-script=hide.map
crossings ./plug.so T3 tcmalloc
run_alloccheck --log-empty=1 "$engine" own ./plug.so
expect_provider tcmalloc hidden all plug.so
engine=$linked_engine
# The same for functions alone: no flag in the file tells.
link plug.so -shared -fPIC "$plug" "$top_srcdir/tests/programs/own-malloc.c" \
	-Wl,-Bsymbolic-functions
# Loaded by dlopen, and there from the start behind libc.
link starting "$top_srcdir/tests/programs/engine.c" -Wl,--no-as-needed -lc \
	./plug.so
for program in "$programs/engine" ./starting; do
	run_alloccheck --log-empty=1 "$program" own ./plug.so
	expect_clean
	for crossing in back cross; do
		run_alloccheck "$program" $crossing ./plug.so
		expect_status 99
		expect_findings "T2 api=free"
	done
done

# expect_unseen SEEN [TITLE]: what the report says of what plug.so hides.
expect_unseen()
{
	grep -q "\"path\":\"[^\"]*plug.so\",\"seen\":\"$1\"[^}]* given is seen" \
		findings.json || fail "coverage does not name it"
	if [ -n "${2-}" ]; then
		grep -q "by its strings it is $2[,\"]" findings.json ||
			fail "coverage does not tell what it is"
	else
		! grep -q 'by its strings' findings.json ||
			fail "it is told by its strings"
	fi
}

# Hidden, and without symbols: whose memory the block lies in is all that can
# be told.  Its calls of its own are nobody's business.
for with in "$jemalloc_pic" "$top_srcdir/tests/programs/own-malloc.c"; do
	link plug.so -shared -fPIC "$plug" "$with" \
		-Wl,--version-script=hide.map
	strip plug.so
	[ "$with" = "$jemalloc_pic" ] && title=jemalloc || title=
	run_alloccheck --log-empty=1 "$engine" own ./plug.so
	expect_clean
	json
	if [ -n "$title" ]; then
		expect_unseen none $title
	else
		! grep -q 'maps memory' findings.json || fail "a mere suspicion"
	fi
	[ -n "$title" ] && [ "$engine" = ./engine ] && continue
	run_alloccheck "$engine" back ./plug.so
	expect_status 99
	expect_findings "T3 verdict=bad-free wild=hidden freer=glibc api=free
		action=leak count=1 free~engine_free"
	grep -q 'mapped for itself' err || fail "it does not say whose"
	expect_unseen none $title
	# What it is given is not seen; who dies of it learns that.
	run_alloccheck "$engine" cross ./plug.so
	[ "$status" -gt 128 ] || fail "it did not die: $status"
	expect_findings
	[ -n "$title" ] && seen=none || seen=part
	expect_unseen $seen $title
	"$alloccheck" report "$reports" >died.txt || fail "no report as text"
	grep -q '^ *#[0-9]* .*plug.so+' died.txt || fail "not where it died"
	[ -z "$title" ] ||
		grep -q 'a live block of .* owned by glibc' died.txt ||
		fail "it does not say of what"
	run_alloccheck --dispatch=caller --detours=0 "$engine" own ./plug.so
	expect_clean
done
# Memory that was mapped, unmapped, and is somebody else's now.
run_alloccheck --log-empty=1 "$programs/remap"
expect_clean
