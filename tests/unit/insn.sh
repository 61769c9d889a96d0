#!/bin/sh
# SPDX-License-Identifier: MIT
# Instructions as we read them beside those of objdump, which has another
# author: whole libraries full of them.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command objdump
need_jemalloc
need_tcmalloc

for file in "$(library libc.so.6)" "$jemalloc" "$tcmalloc"; do
	objdump -d --insn-width=16 "$file" | sed -n \
		's/^ *\([0-9a-f]*:\)\t\([0-9a-f ]*[0-9a-f]\) *\t.*/\1 \2/p' >code
	"$top_builddir/tests/unit/test-insn" compare <code >out 2>&1 ||
		fail "$file: $(tail -n 5 out)"
	cat out
done
