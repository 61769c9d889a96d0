#!/bin/sh
# SPDX-License-Identifier: MIT
# An allocator that is linked into a program or a plugin, and another one that
# is preloaded or linked beside it: both ways, and clean.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
need_archives
need_jemalloc
need_tcmalloc
want_mimalloc
engine=$programs/engine

# A plugin with a hidden mimalloc: of Debian's there is no archive, so one that
# has its names.
"$programs/make-family" mimalloc >mimalloc.c || fail "no mimalloc.c"
$CC -w -O1 -fPIC -fno-builtin -c mimalloc.c || fail "no mimalloc.o"
echo '{ global: plug_*; local: *; };' >hide.map
link plug.so -shared -fPIC "$top_srcdir/tests/programs/plug.c" mimalloc.o \
	-Wl,--version-script=hide.map
need_foreign
for owner in glibc tcmalloc mimalloc "$family"; do
	case $owner in
	glibc) preload= ;;
	tcmalloc) preload=$tcmalloc ;;
	mimalloc) preload=$mimalloc ;;
	*) preload=$foreign ;;
	esac
	[ "$preload" ] || [ $owner = glibc ] || continue
	run_alloccheck --log-empty=1 "$engine" own ./plug.so
	expect_clean
	expect_findings --unknown=0
	expect_provider mimalloc hidden all plug.so
	for crossing in cross realloc; do
		[ $crossing = cross ] && by=plug_free || by=plug_realloc
		run_alloccheck "$engine" $crossing ./plug.so
		expect_status 99
		expect_findings "T3 owner=$owner freer=mimalloc count=1
			alloc~engine_alloc free~$by"
	done
	run_alloccheck "$engine" back ./plug.so
	expect_status 99
	expect_findings "T3 owner=mimalloc freer=$owner api=free count=1
		alloc~plug_malloc free~engine_free"
done

# Hidden and without names: told by the memory that it maps, where tcmalloc's
# own mmap is everybody's, too.
link plug.so -shared -fPIC "$top_srcdir/tests/programs/plug.c" \
	"$top_srcdir/tests/programs/own-malloc.c" -Wl,--version-script=hide.map
strip plug.so
preload=$tcmalloc
run_alloccheck --log-empty=1 "$engine" own ./plug.so
expect_clean
run_alloccheck "$engine" back ./plug.so
expect_status 99
expect_findings "T3 verdict=bad-free wild=hidden freer=tcmalloc api=free
	action=leak count=1 free~engine_free"

# jemalloc in the program, exported: it is everybody's, whatever else is there.
mixes=$top_srcdir/tests/programs/mixes.c
link plain "$mixes" "$jemalloc_a" -Wl,-u,mallctl
link beside "$mixes" "$jemalloc_a" -Wl,-u,mallctl -Wl,--no-as-needed "$tcmalloc"
for program in plain beside; do
	preload=
	[ $program = beside ] || preload=$tcmalloc
	run_alloccheck --log-empty=1 ./$program none
	expect_clean
	expect_findings --unknown=0
	run_alloccheck ./$program by_name "$tcmalloc" malloc free
	expect_status 99
	expect_findings "T7 owner=tcmalloc freer=jemalloc api=free
		allocapi=malloc count=1 alloc~mixes_alloc free~mixes_free"
	run_alloccheck ./$program by_name_back "$tcmalloc" malloc free
	expect_status 99
	expect_findings "T7 owner=jemalloc freer=tcmalloc api=free
		allocapi=malloc count=1 alloc~mixes_alloc free~mixes_free"
done

# And hidden: libc uses the one beside it.
linked=$top_srcdir/tests/programs/linked.c
link plain "$linked" "$jemalloc_a" -Wl,--exclude-libs,ALL
link beside "$linked" "$jemalloc_a" -Wl,--exclude-libs,ALL \
	-Wl,--no-as-needed "$tcmalloc"
! is_hooked plain || exit 0
for owner in tcmalloc mimalloc linked; do
	program=plain
	case $owner in
	tcmalloc) preload=$tcmalloc ;;
	mimalloc) preload=$mimalloc ;;
	linked) preload= program=beside owner=tcmalloc ;;
	esac
	[ "$preload" ] || [ $program = beside ] || continue
	run_alloccheck --log-empty=1 ./$program work
	expect_clean
	expect_findings --unknown=0
	run_alloccheck ./$program take
	expect_status 99
	expect_findings "T3 owner=$owner freer=jemalloc api=free count=1
		alloc~linked_take free~linked_free"
	run_alloccheck ./$program give
	expect_status 99
	expect_findings "T3 owner=jemalloc freer=$owner api=realloc
		alloc~linked_malloc free~linked_give"
done
