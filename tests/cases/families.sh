#!/bin/sh
# SPDX-License-Identifier: MIT
# Families of which no distribution has a library: one that exports the same
# names, with every entry of theirs against libc's, both ways and with itself;
# and as the allocator in force of a program.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_library glibc libc.so.6 libc6

# cross OWNER FILE FREER FILE
cross()
{
	run_alloccheck --log-empty=1 "$programs/matrix" "$1" "$2" "$3" "$4"
	[ "$1" = "$3" ] && expect_status 0 || expect_status 99
	json
	"$PYTHON3" "$top_srcdir/tests/matrix.py" out findings.json "$1" "$3" \
		>findings.txt || fail "blocks of $1 to $3"
	cat findings.txt
}

for family in scudo google-tcmalloc snmalloc rpmalloc hardened_malloc \
	partition_alloc; do
	"$programs/make-family" $family >$family.c || fail "no $family"
	$CC -w -O1 -fPIC -shared -fno-builtin -o lib$family.so $family.c ||
		fail "$family does not compile"
	library=$work/lib$family.so
	cross $family "$library" glibc "$glibc"
	cross glibc "$glibc" $family "$library"
	cross $family "$library" $family "$library"

	preload=$library
	run_alloccheck --log-empty=1 "$programs/misuse" none
	expect_clean
	json
	grep -q "\"family\":\"$family\".*\"global\":true" findings.json ||
		fail "$family is not known, or not in force"
	preload=
done
