#!/bin/sh
# SPDX-License-Identifier: MIT
# alloccheck.h: a program asks whose a block is, counts errors, expects them, and
# writes into the timeline; without alloccheck the functions are not there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command jq

preload=$plugins/own-malloc.so
run_plain "$programs/asks"
expect_status 0
grep -qx 'nobody is here' out || fail "somebody is here"
run_alloccheck "$programs/asks"
expect_status 99
grep -qx well out || fail "it says: $(cat out)"
grep -qx 'allocator other' out || fail "whose is it? $(cat out)"
expect_findings --sum "T5 free~mistake count=3"
[ "$(jq -r '.events[] | select(.kind == "note") | .text' findings.json)" = \
	"before the mistakes" ] || fail "no note in the timeline"

# What is expected does not stop the program; what is not does.
cat >expects.c <<'END'
#include <stdlib.h>
#include "alloccheck.h"

int main(int argc, char **argv)
{
	void *volatile p;

	(void)argv;
	free(malloc(10));
	alloccheck_expect("T5");
	p = aligned_alloc(64, 128);
	free(p);
	if (alloccheck_expected() != 1)
		return 3;
	if (argc > 1) {
		p = aligned_alloc(64, 128);
		free(p);
	}
	return 0;
}
END
$CC -O0 -w -I"$top_srcdir/lib/contract" -o expects expects.c ||
	fail "it does not compile"
run_alloccheck --on-error=abort ./expects
expect_status 0
run_alloccheck --on-error=abort ./expects more
expect_status 134
# In C++ as well.
echo '#include "alloccheck.h"
int main() { return alloccheck_is_here(); }' >here.cc
$CXX -Wall -Wextra -Werror -I"$top_srcdir/lib/contract" -o here here.cc ||
	fail "it does not compile as C++"
./here || fail "here without alloccheck"
run_alloccheck ./here
expect_status 1
exit 0
