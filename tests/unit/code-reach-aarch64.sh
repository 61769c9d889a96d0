#!/bin/sh
# SPDX-License-Identifier: MIT
# What code leads to on aarch64: its test, built for it and run by an emulator
# of it.  The rest of the preload library does not know that processor yet: of
# it, only the system call is needed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
compiler=aarch64-linux-gnu-gcc
command -v $compiler >/dev/null ||
	skip "no $compiler here (Debian package gcc-aarch64-linux-gnu)"
command -v qemu-aarch64 >/dev/null ||
	skip "no qemu-aarch64 here (Debian package qemu-user)"

mkdir preload
cat >preload/arch.h <<'END'
#include <sys/syscall.h>
#include <unistd.h>
#define alck_syscall(nr, a, b, c, d, e, f) syscall(nr, a, b, c, d, e, f)
END
$compiler -static -std=gnu11 -O2 -Wall -Wextra -Werror -I. \
	-I"$top_srcdir/lib" -o test \
	"$top_srcdir/tests/unit/test-code-reach.c" \
	"$top_srcdir/lib/preload/code-reach.c" \
	"$top_srcdir/lib/preload/cfi-rule.c" \
	"$top_srcdir/lib/preload/insn-aarch64.c" >cc.log 2>&1 ||
	fail "the compiler: $(cat cc.log)"
run_plain qemu-aarch64 ./test
cat out
expect_status 0
