#!/bin/sh
# SPDX-License-Identifier: MIT
# A preloaded wrapper that forwards owns nothing: blocks are those of the
# allocator behind it.  One that puts a header before each block owns them.
# With the allocator and libc behind it, all of it is clean.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

for wrapper in forward header; do
	for behind in '' "$jemalloc"; do
		preload=$plugins/$wrapper.so${behind:+:$behind}
		run_plain "$programs/misuse" none
		expect_status 0
		run_alloccheck --log-empty=1 "$programs/misuse" none
		expect_status 0
		expect_findings
		run_alloccheck --log-empty=1 "$programs/loads" 20 \
			"$plugins/plug.so"
		expect_status 0
		expect_findings
		run_alloccheck --log-empty=1 sort \
			"$top_srcdir/COPYING"
		expect_status 0
		expect_findings
	done
done

# Behind the wrapper it is the allocator that owns, and libc that frees.
preload=$plugins/forward.so:$foreign
if [ "$family" = jemalloc ]; then
	run_alloccheck "$programs/mixes" libc
	expect_status 99
	expect_findings "* severity=error owner=jemalloc freer=glibc
		api=__libc_free alloc~mixes_alloc free~mixes_free"
fi
run_alloccheck "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
expect_findings "T1 owner=$family freer=glibc api=free alloc~engine_alloc
	free~plug_free"
# With a header the wrapper's block reaches libc: it is another's.
preload=$plugins/header.so
run_alloccheck "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
expect_findings "T1 owner=other freer=glibc api=free alloc~engine_alloc
	free~plug_free"
# And the other way: what libc handed out has no header.
run_alloccheck "$programs/engine" back "$plugins/plug.so" deep
expect_status 99
expect_findings "T1 owner=glibc freer=other api=free alloc~plug_malloc
	free~engine_free"
