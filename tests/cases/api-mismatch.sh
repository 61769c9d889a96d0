#!/bin/sh
# SPDX-License-Identifier: MIT
# Memory of an allocator's own functions given to plain free, and back.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc
want_mimalloc
need_tbb

# pair FAMILY FILE ALLOCATE FREE
pair()
{
	run_alloccheck "$programs/mixes" by_name "$2" "$3" free
	expect_status 99
	expect_findings "T4 slug=api-mismatch severity=error
		verdict=cross-allocator owner=$1 freer=glibc api=free count=1
		size=120 allocapi=$3 alloc~mixes_alloc free~mixes_free"
	run_alloccheck "$programs/mixes" by_name_back "$2" malloc "$4"
	expect_status 99
	expect_findings "T4 owner=glibc freer=$1 api=$4 count=1 size=120
		allocapi=malloc alloc~mixes_alloc free~mixes_free"
	# The same file's functions on both sides: here it is the allocator
	# in force.
	preload=$2
	run_alloccheck "$programs/mixes" by_name "$2" "$3" "$4"
	expect_clean
	preload=
}

pair tcmalloc "$tcmalloc" tc_malloc tc_free
[ -z "$mimalloc" ] || pair mimalloc "$mimalloc" mi_malloc mi_free
pair tbbmalloc "$tbbmalloc" scalable_malloc scalable_free
# Debian's jemalloc is not made for dlopen: its thread-local data is static.
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536
export GLIBC_TUNABLES
pair jemalloc "$jemalloc" mallocx dallocx
