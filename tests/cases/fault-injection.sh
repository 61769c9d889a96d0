#!/bin/sh
# SPDX-License-Identifier: MIT
# libfiu's preload library stands between the program and libc, and makes some
# calls fail.  A failed malloc is no block, and a failed realloc leaves the old
# one where it was.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command fiu-run

cat >fails.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	int failed = 0;

	for (int i = 1; i <= 20000; i++) {
		char *p = malloc(i % 500 + 1), *q;

		if (!p) {
			failed++;
			continue;
		}
		memset(p, i, i % 500 + 1);
		q = realloc(p, i % 900 + 600);
		if (!q)
			failed++;
		else
			p = q;
		if (p[0] != (char)i)
			return 3;
		free(p);
	}
	printf("%s\n", failed ? "some failed" : "none failed");
	return 0;
}
EOF
$CC -g -O1 -fno-builtin -o fails fails.c || fail "fails.c does not compile"
run_alloccheck --log-empty=1 fiu-run -x \
	-c 'enable_random name=libc/mm/*,probability=0.05' ./fails
expect_status 0
expect_findings
grep -qx 'some failed' out || fail "no call failed"
