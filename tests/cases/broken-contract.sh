#!/bin/sh
# SPDX-License-Identifier: MIT
# An interposer that does not keep the alignment that malloc promises.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

cat >user.c <<'END'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	void *volatile p = NULL;
	size_t size = argc > 2 ? 8 : 100;

	switch (argc > 1 ? atoi(argv[1]) : 0) {
	case 1: p = malloc(size); break;
	case 2: p = memalign(64, size); break;
	case 3: p = aligned_alloc(256, 512); break;
	case 4: if (posix_memalign((void **)&p, 1024, size)) return 3; break;
	}
	free(p);
	return 0;
}
END
$CC -g -w -o user user.c || fail "no program"
preload=$plugins/crooked.so
number=1
for api in malloc memalign aligned_alloc posix_memalign; do
	CROOKED=straight run_alloccheck --log-empty ./user $number
	expect_clean
	run_alloccheck ./user $number
	expect_status 0
	expect_findings "T21 slug=broken-contract severity=latent
		verdict=broken-contract freer=other api=$api"
	number=$((number + 1))
done
# Small ones may be aligned for less.
run_alloccheck --log-empty ./user 1 small
expect_clean
