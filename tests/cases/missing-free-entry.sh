#!/bin/sh
# SPDX-License-Identifier: MIT
# The allocator in force lacks a freeing entry: Debian's jemalloc has no cfree,
# so libc's gets its blocks.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_tcmalloc

for preload in "$jemalloc" "$plugins/own-malloc.so"; do
	case $preload in
	"$jemalloc") owner=jemalloc ;;
	*) owner=other ;;
	esac
	run_alloccheck "$programs/mixes" cfree
	if [ "$owner-$family" = jemalloc-tcmalloc ]; then
		# libc's hook hands it back.
		expect_status 0
		expect_findings "T12 severity=latent owner=jemalloc freer=glibc
			api=cfree count=1"
		continue
	fi
	expect_status 99
	expect_findings "T6 slug=missing-free-entry severity=error
		owner=$owner freer=glibc api=cfree count=1 size=120
		allocapi=malloc alloc~mixes_alloc free~mixes_free"
done

for preload in "$tcmalloc" ''; do
	run_alloccheck "$programs/mixes" cfree
	expect_clean
done
