#!/bin/sh
# SPDX-License-Identifier: MIT
# An allocator that is hidden beside one that is known: in a plugin that exports
# jemalloc or tcmalloc, and in a program (T4, T3).
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
need_archives
need_command jq
source=$top_srcdir/tests/programs/linked.c
own=$top_srcdir/tests/programs/own-malloc.c
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384
export GLIBC_TUNABLES

# Known by its names, or by nothing but the memory that it maps.
cat >marks.c <<'END'
int rpmalloc_initialize(void) { return 0; }
void rpmalloc_thread_collect(void) {}
END
shown='malloc; free; calloc; realloc; mallctl*; malloc_stats_print; tc_*;
	MallocExtension_*;'
echo "{ global: plug_*; $shown local: *; };" >show.map
# tcmalloc brings libc's mmap with it: seen as long as that is exported.
echo "{ global: plug_*; mmap*; munmap; $shown local: *; };" >show-mmap.map
plug=$top_srcdir/tests/programs/plug.c
engine=$programs/engine
for known in jemalloc tcmalloc; do
	[ $known = jemalloc ] && with="$jemalloc_pic -u mallctl" ||
		with="$tcmalloc_a $runtime_a -u tc_malloc"
	rename='-Dmalloc=rpmalloc -Dcalloc=rpcalloc -Drealloc=rprealloc
		-Dfree=rpfree'
	# shellcheck disable=SC2086
	link plug.so -shared -fPIC $rename "$plug" marks.c "$own" $with \
		-u malloc -u free -Wl,--version-script=show.map
	run_plain "$engine" own ./plug.so
	# Older loaders have no room for jemalloc's thread-local storage.
	[ "$status" = 0 ] || [ $known = tcmalloc ] || continue
	expect_status 0
	run_alloccheck --log-empty=1 "$engine" own ./plug.so
	expect_clean
	expect_findings --unknown=0
	[ $known = jemalloc ] && expect_families plug.so jemalloc rpmalloc ||
		expect_families plug.so rpmalloc tcmalloc
	run_alloccheck "$engine" cross ./plug.so
	expect_status 99
	expect_findings "T4 owner=glibc freer=rpmalloc api=rpfree
		alloc~engine_alloc free~plug_free"
	# The plugin's own functions are not an allocator's.
	grep -q '#0  plug_free ' err || fail "plug_free is not in the text"
	run_alloccheck "$engine" back ./plug.so
	expect_status 99
	expect_findings "T4 owner=rpmalloc freer=glibc api=free
		allocapi=rpmalloc alloc~plug_malloc free~engine_free"
	run_alloccheck "$engine" realloc ./plug.so
	expect_status 99
	expect_findings "T4 owner=glibc freer=rpmalloc api=rprealloc
		alloc~engine_alloc free~plug_realloc"

	rename='-Dmalloc=pool_get -Dcalloc=pool_clear -Drealloc=pool_resize
		-Dfree=pool_put'
	# shellcheck disable=SC2086
	link plug.so -shared -fPIC $rename "$plug" "$own" $with \
		-u malloc -u free -Wl,--version-script=show-mmap.map
	run_alloccheck --log-empty=1 "$engine" own ./plug.so
	expect_clean
	expect_families plug.so $known
	run_alloccheck "$engine" back ./plug.so
	expect_status 99
	expect_findings "T3 verdict=bad-free wild=hidden freer=glibc api=free
		action=leak count=1 free~engine_free"
	jq -e '.coverage.objects[] | select(.path | endswith("/plug.so")) |
		.seen == "part" and (.why | test("entry points; and .* given"))
		' findings.json >/dev/null || fail "coverage of plug.so"
done

# Two in one program, both of them hidden.
$CC -g -O1 -w -fno-builtin -D_GNU_SOURCE -I"$top_srcdir/tests/programs" \
	-Dmalloc=rpmalloc -Dcalloc=rpcalloc -Drealloc=rprealloc \
	-Dfree=rpfree -c -o rp.o "$own" || fail "no rp.o"
link program -DOWN_PREFIX=rp "$source" rp.o marks.c "$jemalloc_a" \
	-Wl,--exclude-libs,ALL
work_unchanged
expect_findings --unknown=0
expect_families program jemalloc rpmalloc
if ! is_hooked program; then
	run_alloccheck ./program own_to_plain
	expect_status 99
	expect_findings "T4 owner=rpmalloc freer=jemalloc api=free
		allocapi=rpmalloc count=1 alloc~linked_malloc free~main"
	run_alloccheck ./program plain_to_own
	expect_status 99
	expect_findings "T4 owner=jemalloc freer=rpmalloc api=rpfree
		allocapi=malloc count=1 alloc~main free~linked_free"
fi

# A library that is jemalloc and nothing else, with all of its symbols: one.
link libjemalloc.so -shared -Wl,--whole-archive "$jemalloc_pic" \
	-Wl,--no-whole-archive
preload=$work/libjemalloc.so
run_alloccheck --log-empty=1 "$programs/misuse" none
expect_clean
expect_findings --unknown=0
expect_families libjemalloc.so jemalloc
