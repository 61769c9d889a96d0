#!/bin/sh
# SPDX-License-Identifier: MIT
# SQLite and Lua linked into programs together with an allocator: not one block
# is unknown.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/linked.sh"
need_archives
archive sqlite libsqlite3.a libsqlite3-dev
archive lua liblua5.4.a liblua5.4-dev

# check FAMILY: ./program does the same as without us, and nothing is found.
check()
{
	run_plain ./program
	expect_status 0
	mv out plain.out
	[ -s plain.out ] || fail "it says nothing"
	run_alloccheck --log-empty=1 ./program
	expect_clean
	expect_same plain.out
	expect_provider "$1" static all program
}

link program "$top_srcdir/tests/programs/static-sql.c" "$sqlite" "$jemalloc_a"
check jemalloc
strip program
check other
link program -no-pie "$top_srcdir/tests/programs/static-sql.c" "$sqlite" \
	"$tcmalloc_a"
check tcmalloc
link program -I/usr/include/lua5.4 "$top_srcdir/tests/programs/static-lua.c" \
	"$lua" "$jemalloc_a"
check jemalloc
link program -I/usr/include/lua5.4 "$top_srcdir/tests/programs/static-lua.c" \
	"$lua" "$tcmalloc_a"
check tcmalloc
