#!/bin/sh
# SPDX-License-Identifier: MIT
# lib/contract runs where there is no libc yet: its objects call nothing, not
# even the memset or strlen that compilers make of loops.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command nm
for cc in "$CC" clang; do
	command -v "${cc%% *}" >/dev/null || continue
	for flags in -O1 -O2 -O3; do
		for f in "$top_srcdir"/lib/contract/*.c; do
			object=$(basename "$f" .c).o
			$cc -std=gnu11 $flags -fPIC -I"$top_srcdir/lib" \
				-c "$f" -o "$object" || fail "$cc: $f"
			calls=$(nm -u "$object" | awk '{ print $NF }' |
				grep -vx -e _GLOBAL_OFFSET_TABLE_ \
					-e 'alck_.*' | tr '\n' ' ')
			[ -z "$calls" ] || fail "$cc $flags: $f calls $calls"
		done
	done
done
