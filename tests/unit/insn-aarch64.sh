#!/bin/sh
# SPDX-License-Identifier: MIT
# The instructions of aarch64: their test, built for it and run by an emulator
# of it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
compiler=aarch64-linux-gnu-gcc
command -v $compiler >/dev/null ||
	skip "no $compiler here (Debian package gcc-aarch64-linux-gnu)"
command -v qemu-aarch64 >/dev/null ||
	skip "no qemu-aarch64 here (Debian package qemu-user)"

$compiler -static -std=gnu11 -O2 -Wall -Wextra -Werror -I"$top_srcdir/lib" \
	-o test "$top_srcdir/tests/unit/test-insn.c" \
	"$top_srcdir/lib/preload/insn-aarch64.c" >cc.log 2>&1 ||
	fail "the compiler: $(cat cc.log)"
run_plain qemu-aarch64 ./test
cat out
expect_status 0
