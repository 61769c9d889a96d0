#!/bin/sh
# SPDX-License-Identifier: MIT
# Blocks of which nobody said how large they are (mi_strdup's) beside others that
# share their 16 bytes, as mimalloc's smallest do: no block is taken for its
# neighbour.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_mimalloc

cat >strings.c <<'EOF2'
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

char *mi_strdup(const char *s);
void *mi_malloc(size_t size);
void *mi_realloc(void *block, size_t size);
void mi_free(void *block);

int main(int argc, char **argv)
{
	static char *blocks[4096];
	unsigned int seed = argc > 1 ? (unsigned int)atoi(argv[1]) : 1;

	for (int i = 0; i < 200000; i++) {
		unsigned int k, what;

		seed = seed * 1103515245 + 12345;
		k = (seed >> 8) % 4096;
		what = (seed >> 20) % 6;
		if (blocks[k] && !what) {
			blocks[k] = mi_realloc(blocks[k],
					       (seed >> 4) % 120 + 1);
		} else if (blocks[k]) {
			mi_free(blocks[k]);
			blocks[k] = NULL;
		} else if (what < 3) {
			blocks[k] = mi_strdup("fifteen letters" +
					      (seed >> 5) % 16);
		} else {
			blocks[k] = mi_malloc((seed >> 5) % 24 + 1);
		}
	}
	puts("done");
	return 0;
}
EOF2
$CC -g -O1 -w -o strings strings.c "$mimalloc" || fail "strings.c does not link"
for seed in 1 2 3; do
	run_alloccheck --log-empty=1 ./strings $seed
	expect_status 0
	expect_findings
	grep -qx done out || fail "not done"
	json
	grep -q '"unknown_frees":0' findings.json || fail "unknown frees"
done
exit 0
